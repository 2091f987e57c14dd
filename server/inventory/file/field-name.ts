import { printable } from '../../domain/printable.ts';

/** `/interfaces/0/mac` as `interfaces.0.mac`, safe to show; empty pointer: `record`. */
export function pointerAsPath(pointer: string): string {
  if (pointer === '') return 'record';
  return printable(pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~'), 128);
}
