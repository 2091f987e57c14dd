import type { Entry } from 'ldapts';
import type { DirectoryEntry } from '../entries/entry.ts';

/** An entry of the LDAP library as the mapping of entries takes it. */
export function toEntry(entry: Entry): DirectoryEntry {
  const attributes = new Map<string, readonly Uint8Array[]>();
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'dn') continue;
    const values = Array.isArray(value) ? value : [value];
    // The library adds what was asked for and is not there.
    if (values.length === 0) continue;
    const key = name.toLowerCase();
    const before = attributes.get(key);
    const bytes = values.map((one) => (typeof one === 'string' ? Buffer.from(one, 'utf8') : one));
    attributes.set(key, before === undefined ? bytes : [...before, ...bytes]);
  }
  return { dn: entry.dn, attributes };
}
