import type { DirectoryGroup } from '../../directory.ts';
import { groupAttributes } from '../attributes.ts';
import type { EntryReader } from '../entry-reader.ts';
import { readLastChange } from '../last-change.ts';
import type { PosixChecks } from '../posix-checks.ts';

/**
 * The group that a posixGroup with memberUid stands for; undefined if its name or number is refused. A refused member is left
 * out and reported.
 */
export function readListedGroup(reader: EntryReader, checks: PosixChecks): DirectoryGroup | undefined {
  reader.refuseOptions(groupAttributes);
  const name = reader.one('cn', checks.groupName);
  const gid = reader.one('gidNumber', checks.personalId);
  const refusedAttributes = reader.problems.length;
  const members = [...new Set(reader.many('memberUid', checks.accountName))].sort();
  if (refusedAttributes > 0 || name === undefined || gid === undefined) return undefined;
  return { dn: reader.dn, name, gid, members, ...readLastChange(reader) };
}
