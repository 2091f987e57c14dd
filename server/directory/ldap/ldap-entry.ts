import type { Entry } from 'ldapts';
import type { DirectoryEntry } from '../entries/entry.ts';

/** An entry of the LDAP library as the mapping of entries takes it. */
export function toEntry(entry: Entry): DirectoryEntry {
  const attributes = new Map<string, readonly Uint8Array[]>();
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'dn') continue;
    const values = (Array.isArray(value) ? value : [value]).map((one) =>
      typeof one === 'string' ? Buffer.from(one, 'utf8') : one,
    );
    if (values.length === 0) continue;
    const key = name.toLowerCase();
    attributes.set(key, [...(attributes.get(key) ?? []), ...values]);
  }
  return { dn: entry.dn, attributes };
}
