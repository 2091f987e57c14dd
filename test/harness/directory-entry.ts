import type { DirectoryEntry } from '../../server/directory/entries/entry.ts';

/** An entry as an adapter reads it, from texts or bytes. */
export function entryOf(
  dn: string,
  attributes: Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>,
): DirectoryEntry {
  return {
    dn,
    attributes: new Map(
      Object.entries(attributes).map(([name, value]) => [
        name.toLowerCase(),
        (typeof value === 'string' || value instanceof Uint8Array ? [value] : value).map((one) =>
          typeof one === 'string' ? Buffer.from(one, 'utf8') : one,
        ),
      ]),
    ),
  };
}
