import { pointerSegments } from '../../../../schemas/validation/json-pointer.ts';

/** The value at a JSON pointer (RFC 6901); undefined where there is none. Own properties only. */
export function valueAt(value: unknown, pointer: string): unknown {
  let found = value;
  for (const segment of pointerSegments(pointer)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[segment];
  }
  return found;
}

/** The text or number at a pointer as a text; undefined for anything else and for an empty text. */
export function textAt(value: unknown, pointer: string): string | undefined {
  const found = valueAt(value, pointer);
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
