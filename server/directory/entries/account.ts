import type { PublicKey } from '../../../schemas/types/common.ts';
import type { DirectoryAccount } from '../directory.ts';
import { accountAttributes } from './attributes.ts';
import type { EntryReader } from './entry-reader.ts';
import { parsePublicKey } from './keys/public-key.ts';
import type { PosixChecks } from './posix-checks.ts';

/** As many keys as a guest configuration takes of one account. */
const keyLimit = 100;

/**
 * The account that a posixAccount stands for; undefined if any attribute but a key is refused. A refused key
 * is left out and reported: the person keeps her other keys.
 */
export function readAccount(reader: EntryReader, checks: PosixChecks): DirectoryAccount | undefined {
  reader.refuseOptions(accountAttributes);
  const name = reader.one('uid', checks.accountName);
  const uid = reader.one('uidNumber', checks.personalId);
  const gid = reader.one('gidNumber', checks.personalId);
  const gecos = readGecos(reader, checks);
  const home = reader.one('homeDirectory', checks.home);
  const shell = reader.optional('loginShell', checks.shell);
  const refusedAttributes = reader.problems.length;
  const keys = readKeys(reader);
  if (refusedAttributes > 0 || name === undefined || uid === undefined) return undefined;
  if (gid === undefined || home === undefined) return undefined;
  return { dn: reader.dn, name, uid, gid, gecos, home, shell, keys };
}

/** `gecos`, or the common name (RFC 2307, section 5.2). */
function readGecos(reader: EntryReader, checks: PosixChecks): string {
  const names = reader.many('cn', checks.commonName);
  if (reader.count('gecos') > 0) return reader.optional('gecos', checks.gecos) ?? '';
  // A server returns values in any order; the same one must be chosen every time.
  return [...names].sort()[0] ?? '';
}

function readKeys(reader: EntryReader): readonly PublicKey[] {
  const keys = new Map(reader.many('sshPublicKey', parsePublicKey).map((key) => [key.key, key]));
  const sorted = [...keys.values()].sort((one, other) => compare(one.key, other.key));
  if (sorted.length > keyLimit) {
    reader.refuse('sshPublicKey', `has ${sorted.length} keys, more than ${keyLimit}`, 'remove keys');
    return sorted.slice(0, keyLimit);
  }
  return sorted;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
