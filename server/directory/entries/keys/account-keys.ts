import type { DirectoryAccount, RestrictedKey } from '../../directory.ts';
import type { Check, EntryReader } from '../entry-reader.ts';
import type { AuthorizedKey } from './authorized-key.ts';

/** As many keys as a guest configuration takes of one account. */
const keyLimit = 100;

/**
 * The keys of an account, those with options apart, each in one order whatever the server's. A key that is refused is left out
 * and reported. So is one with options that is there a second time with others: it is not clear what is meant.
 */
export function readKeys(
  reader: EntryReader,
  check: Check<AuthorizedKey>,
): Pick<DirectoryAccount, 'keys' | 'restrictedKeys'> {
  const lines = reader.many('sshPublicKey', check);
  const keys = new Map(
    lines.flatMap(({ key, options }) => (options === undefined ? [[key.key, key] as const] : [])),
  );
  const restricted = new Map<string, RestrictedKey>();
  const unclear = new Set<string>();
  for (const { key, options } of lines) {
    if (options === undefined) continue;
    const other = restricted.get(key.key);
    if (keys.has(key.key) || (other !== undefined && !sameOptions(other, options))) unclear.add(key.key);
    restricted.set(key.key, { key, options, attribute: reader.spelling('sshPublicKey') });
  }
  for (const blob of unclear) {
    restricted.delete(blob);
    reader.refuse(
      'sshPublicKey',
      'has one key with options and again with others or none',
      'keep one of them',
    );
  }
  const count = keys.size + restricted.size;
  if (count > keyLimit) {
    reader.refuse('sshPublicKey', `has ${count} keys, more than ${keyLimit}`, 'remove keys');
  }
  const kept = sorted(keys).slice(0, keyLimit);
  const keptRestricted = sorted(restricted).slice(0, keyLimit - kept.length);
  return { keys: kept, ...(keptRestricted.length === 0 ? {} : { restrictedKeys: keptRestricted }) };
}

function sameOptions({ options }: RestrictedKey, others: AuthorizedKey['options']): boolean {
  return JSON.stringify(options) === JSON.stringify(others);
}

function sorted<T>(byBlob: ReadonlyMap<string, T>): readonly T[] {
  return [...byBlob].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
