import type { DirectoryGroup, EntryChange } from '../../directory.ts';
import { nestedGroupAttributes } from '../attributes.ts';
import type { DirectorySchema } from '../directory-schema.ts';
import { comparableDn } from '../distinguished-name.ts';
import { type Check, type EntryReader, refused } from '../entry-reader.ts';
import { readLastChange } from '../last-change.ts';
import type { PosixChecks } from '../posix-checks.ts';
import { readSecurityIdentifier } from './security-identifier.ts';

/** A group that lists its members by DN, not resolved yet. */
export interface GroupNode {
  readonly dn: string;
  readonly lastChange?: EntryChange;
  /** Undefined for a group that guests do not get: its members count where it is nested. */
  readonly posix: Pick<DirectoryGroup, 'name' | 'gid'> | undefined;
  /** Comparable DNs of accounts and groups. */
  readonly members: readonly string[];
  /** `objectSid` of Active Directory in hexadecimal. */
  readonly securityIdentifier: string | undefined;
}

/** Members of one group that are read. Groups of everybody also hold machines. */
const memberLimit = 1_000_000;

/** The group that an entry stands for; undefined if its name or number is refused. Refused members are left out and reported. */
export function readNestedGroup(
  reader: EntryReader,
  checks: PosixChecks,
  schema: DirectorySchema,
): GroupNode | undefined {
  reader.refuseOptions(nestedGroupAttributes);
  const isPosix =
    schema.posixGroupClass === undefined
      ? reader.count('gidNumber') > 0
      : reader.texts('objectClass').some((name) => isSameClass(name, schema.posixGroupClass));
  const name = isPosix ? reader.one('cn', checks.groupName) : undefined;
  const gid = isPosix ? reader.one('gidNumber', checks.personalId) : undefined;
  const isRefused = reader.problems.length > 0;
  const members = ['member', 'uniqueMember'].flatMap((attribute) =>
    reader.many(attribute, parseMember, memberLimit),
  );
  if (isRefused) return undefined;
  return {
    dn: reader.dn,
    ...readLastChange(reader),
    posix: name === undefined || gid === undefined ? undefined : { name, gid },
    members,
    securityIdentifier: schema.primaryGroupById ? readSecurityIdentifier(reader) : undefined,
  };
}

/** A DN; uniqueMember may add an identifier of bits to it (RFC 4517, section 3.3.21). An empty one is nobody's. */
const parseMember: Check<string> = (text) => {
  const dn = text === '' ? '' : comparableDn(text.replace(/#'[01]*'B$/, ''));
  return dn === undefined ? refused('is not a DN', 'correct it') : { kind: 'ok', value: dn };
};

function isSameClass(name: string, other: string | undefined): boolean {
  return name.toLowerCase() === other?.toLowerCase();
}
