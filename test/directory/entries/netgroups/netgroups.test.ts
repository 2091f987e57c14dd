import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../../server/domain/clock.ts';
import { entryOf } from '../../../harness/directory-entry.ts';

const map = createEntryMapping({
  source: 'corp',
  clock: systemClock,
  minimumUid: 1000,
  validators: createValidators(),
});
type Attributes = Parameters<typeof entryOf>[1];

function read(role: Attributes, ...netgroups: readonly Attributes[]) {
  const whole = { cn: 'role', sudoUser: '%web', sudoHost: 'ALL', sudoCommand: '/bin/ls', ...role };
  const { sudoRoles, rejected } = map({
    accounts: [],
    groups: [],
    netgroups: netgroups.map((attributes, index) => entryOf(`cn=n${index},dc=x`, attributes)),
    sudoRoles: [entryOf('cn=role,dc=x', whole)],
  });
  return { role: sudoRoles[0], rejected: rejected.map(({ field, message }) => `${field} ${message}`) };
}

const admins = { cn: 'Admins', nisNetgroupTriple: ['(-,carol,)', '( , alice ,example.com)'] };

test('people of a netgroup stand in its place, nested ones and loops included', () => {
  const inner = { cn: 'inner', nisNetgroupTriple: '(,bob,)', memberNisNetgroup: ['outer', 'ADMINS'] };
  const outer = { cn: 'outer', memberNisNetgroup: 'inner' };
  const { role, rejected } = read({ sudoUser: ['+outer', '!dave'] }, admins, inner, outer);
  expect(rejected).toEqual([]);
  expect(role?.users).toEqual(['alice', 'bob', 'carol', '!dave']);
});

test('people of a netgroup that is taken away', () => {
  expect(read({ sudoUser: ['%web', '!+admins'] }, admins).role?.users).toEqual(['%web', '!alice', '!carol']);
});

test('hosts of a netgroup, and every host where a triple leaves it open', () => {
  const web = { cn: 'web', nisNetgroupTriple: ['(web-01,-,)', '(web-02.example.com,-,)', '(-,alice,)'] };
  expect(read({ sudoHost: ['+web', '!web-09'] }, web).role?.hosts).toEqual([
    'web-01',
    'web-02.example.com',
    '!web-09',
  ]);
  expect(read({ sudoHost: '+admins' }, admins).role?.hosts).toEqual(['ALL']);
});

test('a netgroup of nobody grants nothing', () => {
  const { role, rejected } = read({ sudoUser: '+none' }, { cn: 'none', nisNetgroupTriple: '(web-01,-,)' });
  expect(role?.users).toEqual([]);
  expect(rejected).toEqual([]);
});

describe('a role is refused', () => {
  test.each([['+other'], ['!+other']])('for a netgroup that is not there: %s', (sudoUser) => {
    const { role, rejected } = read({ sudoUser: [sudoUser, 'bob'] }, admins);
    expect(role).toBeUndefined();
    expect(rejected).toEqual(['sudoUser names the netgroup +other, which is not in the directory']);
  });

  test('for a netgroup of everybody', () => {
    const { role, rejected } = read({ sudoUser: '+all' }, { cn: 'all', nisNetgroupTriple: '(web-01,,)' });
    expect(role).toBeUndefined();
    expect(rejected).toEqual([expect.stringContaining('stands for everybody')]);
  });

  test('for a netgroup that two entries have', () => {
    const { role, rejected } = read({ sudoUser: '+admins' }, admins, { ...admins, cn: 'admins' });
    expect(role).toBeUndefined();
    expect(rejected).toHaveLength(3);
  });

  test('for a netgroup that is too large', () => {
    const triples = Array.from({ length: 6000 }, (_, index) => `(,p${index},)`);
    const more = Array.from({ length: 6000 }, (_, index) => `(,q${index},)`);
    const { role, rejected } = read(
      { sudoUser: '+a' },
      { cn: 'a', nisNetgroupTriple: triples, memberNisNetgroup: 'b' },
      { cn: 'b', nisNetgroupTriple: more },
    );
    expect(role).toBeUndefined();
    expect(rejected).toEqual([expect.stringContaining('too many members')]);
  });
});

test.each([
  ['(,root,)'],
  ['(,Alice,)'],
  ['(,%wheel,)'],
  ['(,alice,),(,bob,)'],
  ['(,bob)'],
  ['alice'],
  ['(web[0-9],-,)'],
  ['(,bo\nb,)'],
])('a bad triple is left out and reported, and taking its netgroup away is refused: %j', (triple) => {
  const spoilt = { cn: 'admins', nisNetgroupTriple: ['(,alice,)', triple] };
  const granted = read({ sudoUser: '+admins' }, spoilt);
  expect(granted.role?.users).toEqual(['alice']);
  expect(granted.rejected).toEqual([expect.stringMatching(/^nisNetgroupTriple /)]);
  const taken = read({ sudoUser: ['%web', '!+admins'] }, spoilt);
  expect(taken.role).toBeUndefined();
  expect(taken.rejected.at(-1)).toContain('takes away the netgroup +admins, of which a part');
});

test('taking away a netgroup with a nested one that is missing is refused', () => {
  const hollow = { ...admins, memberNisNetgroup: 'gone' };
  expect(read({ sudoUser: '+admins' }, hollow).role?.users).toEqual(['alice', 'carol']);
  expect(read({ sudoUser: ['%web', '!+admins'] }, hollow).role).toBeUndefined();
});
