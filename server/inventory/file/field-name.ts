/** `/interfaces/0/mac` as `interfaces.0.mac`; empty pointer: `record`. */
export function pointerAsPath(pointer: string): string {
  if (pointer === '') return 'record';
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}
