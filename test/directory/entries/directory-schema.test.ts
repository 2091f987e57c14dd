import * as fc from 'fast-check';
import { EqualityFilter, FilterParser } from 'ldapts';
import { expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createDirectorySchema, escapeFilter } from '../../../server/directory/entries/directory-schema.ts';
import { createEntryMapping } from '../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { entryOf } from '../../harness/directory-entry.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { ed25519Line } from '../../harness/ssh-keys.ts';

test('an escaped value matches itself and nothing else', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('*)(uid=*', '*', '\\2a', '(&)', '\0', ...Object.values(hostileValues)),
  );
  fc.assert(
    fc.property(text, (value) => {
      fc.pre(value !== '' && value.isWellFormed());
      const filter = FilterParser.parseString(`(uid=${escapeFilter(value)})`);
      if (!(filter instanceof EqualityFilter)) throw new Error('another filter');
      expect(filter.value).toBe(value);
    }),
  );
});

test.each([
  ['rfc2307', '(objectClass=posixAccount)', '(objectClass=posixGroup)'],
  [
    'rfc2307bis',
    '(objectClass=posixAccount)',
    '(|(objectClass=posixGroup)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers))',
  ],
  ['freeipa', '(objectClass=posixAccount)', '(|(objectClass=posixGroup)(objectClass=groupOfNames))'],
  ['ad', '(&(objectClass=user)(!(objectClass=computer))(uidNumber=*))', '(objectClass=group)'],
] as const)('%s has its filters', (name, accounts, groups) => {
  const { accountFilter, groupFilter } = createDirectorySchema(name);
  expect([accountFilter, groupFilter]).toEqual([accounts, groups]);
});

test('a spelling cannot add to the filter', () => {
  const { accountFilter } = createDirectorySchema('ad', { account: { uidNumber: 'x=*)(cn' } });
  expect(accountFilter).toBe('(&(objectClass=user)(!(objectClass=computer))(x=\\2a\\29\\28cn=*))');
});

test('attributes are read by the names that the configuration gives', () => {
  const key = ed25519Line();
  const schema = createDirectorySchema('rfc2307', {
    account: { uid: 'login', homeDirectory: 'unixHome', sshPublicKey: 'sshKey' },
    group: { cn: 'groupName', memberUid: 'people' },
  });
  const map = createEntryMapping({
    source: 'corp',
    clock: systemClock,
    minimumUid: 1000,
    validators: createValidators(),
    schema,
  });
  const { accounts, groups, rejected } = map({
    accounts: [
      entryOf('uid=a,dc=x', {
        login: 'alice',
        uid: 'somebody-else',
        cn: 'Alice',
        uidNumber: '5001',
        gidNumber: '6000',
        unixHome: '/home/alice',
        homeDirectory: '/etc',
        sshKey: key,
      }),
    ],
    groups: [entryOf('cn=g,dc=x', { groupName: 'web', gidNumber: '6000', people: 'alice' })],
    sudoRoles: [],
  });
  expect(rejected).toEqual([]);
  expect(accounts).toMatchObject([
    { name: 'alice', home: '/home/alice', keys: [{ key: key.split(' ')[1] }] },
  ]);
  expect(groups).toMatchObject([{ name: 'web', members: ['alice'] }]);
});
