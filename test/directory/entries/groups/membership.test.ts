import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import {
  createDirectorySchema,
  type DirectorySchemaName,
} from '../../../../server/directory/entries/directory-schema.ts';
import { createEntryMapping } from '../../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../../server/domain/clock.ts';
import { entryOf } from '../../../harness/directory-entry.ts';

const validators = createValidators();
type Attributes = Parameters<typeof entryOf>[1];

function read(
  schema: DirectorySchemaName,
  accounts: Readonly<Record<string, Attributes>>,
  groups: Readonly<Record<string, Attributes>>,
) {
  const map = createEntryMapping({
    source: 'corp',
    clock: systemClock,
    minimumUid: 1000,
    validators,
    schema: createDirectorySchema(schema),
  });
  const entries = (of: Readonly<Record<string, Attributes>>) =>
    Object.entries(of).map(([dn, attributes]) => entryOf(dn, attributes));
  const snapshot = map({ accounts: entries(accounts), groups: entries(groups), sudoRoles: [] });
  return {
    members: Object.fromEntries(snapshot.groups.map(({ name, members }) => [name, members])),
    groups: snapshot.groups,
    rejected: snapshot.rejected.map(({ record, field }) => `${record} ${field}`),
  };
}

function person(uid: string, uidNumber: number): Attributes {
  return { uid, cn: uid, uidNumber: String(uidNumber), gidNumber: '6000', homeDirectory: `/home/${uid}` };
}

const people = { 'uid=alice,dc=x': person('alice', 5001), 'uid=Bob,dc=x': person('bob', 5002) };
const posix = { objectClass: ['groupOfNames', 'posixGroup'] };

describe('members by DN', () => {
  test('are found however they are written, by member and uniqueMember', () => {
    const { members, rejected } = read('rfc2307bis', people, {
      'cn=a,dc=x': { ...posix, cn: 'a', gidNumber: '6001', member: ['UID=alice , DC=X', ''] },
      'cn=b,dc=x': { ...posix, cn: 'b', gidNumber: '6002', uniqueMember: "uid=\\62ob,dc=x#'0101'B" },
    });
    expect(rejected).toEqual([]);
    expect(members).toEqual({ a: ['alice'], b: ['bob'] });
  });

  test('are names of accounts only: memberUid, memberOf and entries elsewhere count for nothing', () => {
    const { members, rejected } = read('rfc2307bis', people, {
      'cn=a,dc=x': {
        ...posix,
        cn: 'a',
        gidNumber: '6001',
        memberUid: 'bob',
        member: ['uid=alice,dc=y', 'cn=printer,dc=x'],
      },
    });
    expect(rejected).toEqual([]);
    expect(members).toEqual({ a: [] });
  });

  test('that are no DNs are reported, and the others stay', () => {
    const { members, rejected } = read('rfc2307bis', people, {
      'cn=a,dc=x': { ...posix, cn: 'a', gidNumber: '6001', member: ['alice', 'uid=bob,dc=x'] },
    });
    expect(rejected).toEqual(['cn=a,dc=x member']);
    expect(members).toEqual({ a: ['bob'] });
  });

  test('that two entries could be are nobody', () => {
    const twins = { 'uid=ALICE,dc=x': person('alicia', 5003), ...people };
    const { members } = read('rfc2307bis', twins, {
      'cn=a,dc=x': { ...posix, cn: 'a', gidNumber: '6001', member: ['uid=alice,dc=x', 'uid=bob,dc=x'] },
    });
    expect(members).toEqual({ a: ['bob'] });
  });

  test('do not come through a group that is refused', () => {
    const { members, rejected } = read('rfc2307bis', people, {
      'cn=a,dc=x': { ...posix, cn: 'a', gidNumber: '6001', member: ['cn=wheel,dc=x', 'cn=twin,dc=x'] },
      'cn=wheel,dc=x': { ...posix, cn: 'wheel', gidNumber: '6002', member: 'uid=alice,dc=x' },
      'cn=twin,dc=x': { ...posix, cn: 'twin', gidNumber: '6001', member: 'uid=bob,dc=x' },
    });
    expect(rejected).toEqual(['cn=wheel,dc=x cn', 'cn=a,dc=x gidNumber', 'cn=twin,dc=x gidNumber']);
    expect(members).toEqual({});
  });

  test('that are locked are named apart, through nested groups too', () => {
    const locked = { ...people, 'uid=eve,dc=x': { ...person('eve', 5004), nsAccountLock: 'TRUE' } };
    const { members, groups } = read('rfc2307bis', locked, {
      'cn=a,dc=x': { ...posix, cn: 'a', gidNumber: '6001', member: ['uid=alice,dc=x', 'cn=b,dc=x'] },
      'cn=b,dc=x': { ...posix, cn: 'b', gidNumber: '6002', member: ['uid=eve,dc=x'] },
    });
    expect(members).toEqual({ a: ['alice'], b: [] });
    expect(groups.map(({ lockedMembers }) => lockedMembers)).toEqual([['eve'], ['eve']]);
    expect(groups[0]?.via?.get('eve')?.dn).toBe('cn=b,dc=x');
  });

  test('come through loops of any length, a group in itself included', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [
        `cn=g${index},dc=x`,
        {
          ...posix,
          cn: `g${index}`,
          gidNumber: String(6001 + index),
          member: [
            `cn=g${(index + 1) % 300},dc=x`,
            `cn=g${index},dc=x`,
            ...(index === 299 ? ['uid=bob,dc=x'] : []),
          ],
        },
      ]),
    );
    const { members, groups } = read('rfc2307bis', people, chain);
    expect(new Set(Object.values(members).map(String))).toEqual(new Set(['bob']));
    expect(groups[0]?.via?.get('bob')?.dn).toBe('cn=g299,dc=x');
  });
});

describe('Active Directory', () => {
  /** S-1-5-21-1-2-DOMAIN-RELATIVE */
  function sid(domain: number, relative: number): Buffer {
    const bytes = Buffer.from('010500000000000515000000', 'hex');
    const rest = Buffer.alloc(16);
    for (const [index, part] of [1, 2, domain, relative].entries()) rest.writeUInt32LE(part, index * 4);
    return Buffer.concat([bytes, rest]);
  }
  const account = (name: string, id: number, more: Attributes): Attributes => ({
    sAMAccountName: name,
    cn: name,
    uidNumber: String(id),
    gidNumber: '6000',
    unixHomeDirectory: `/home/${name}`,
    ...more,
  });

  test('the primary group has its members, though it does not list them', () => {
    const { members } = read(
      'ad',
      {
        'cn=alice,dc=x': account('alice', 5001, { objectSid: sid(7, 1101), primaryGroupID: '513' }),
        'cn=bob,dc=x': account('bob', 5002, { objectSid: sid(8, 1101), primaryGroupID: '513' }),
        'cn=carol,dc=x': account('carol', 5003, { primaryGroupID: '513' }),
      },
      {
        'cn=users,dc=x': { sAMAccountName: 'domain-users', gidNumber: '6001', objectSid: sid(7, 513) },
        'cn=outer,dc=x': { sAMAccountName: 'outer', gidNumber: '6002', member: 'cn=users,dc=x' },
      },
    );
    expect(members).toEqual({ 'domain-users': ['alice'], outer: ['alice'] });
  });

  test('problems name the attributes that the directory has', () => {
    const { rejected } = read('ad', { 'cn=r,dc=x': account('Root', 5001, {}) }, {});
    expect(rejected).toEqual(['cn=r,dc=x sAMAccountName']);
    const homeless = { ...account('al', 5001, {}), unixHomeDirectory: '/etc' };
    expect(read('ad', { 'cn=r,dc=x': homeless }, {}).rejected).toEqual(['cn=r,dc=x unixHomeDirectory']);
  });

  test('groups without gidNumber are of no interest unless they nest', () => {
    const { members, rejected } = read(
      'ad',
      { 'cn=alice,dc=x': account('Alice', 5001, {}) },
      {
        'cn=Domain Admins,dc=x': { sAMAccountName: 'Domain Admins', member: 'cn=alice,dc=x' },
        'cn=ops,dc=x': { sAMAccountName: 'ops', gidNumber: '6001', member: 'CN=Domain Admins,DC=x' },
      },
    );
    expect(rejected).toEqual([]);
    expect(members).toEqual({ ops: ['alice'] });
  });
});
