import { expect, test } from 'vitest';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { sampleAccount, sampleDirectory, sampleKey, samplePolicy, sampleRecord } from '../sample.ts';

const names = { uid: 'sAMAccountName', sshPublicKey: 'altKey' };
const nested = 'cn=juniors,dc=x';

function composed() {
  const snapshot = sampleDirectory({
    accounts: [
      sampleAccount('alice', 20_001, {
        keys: [sampleKey],
        notAfter: '2030-01-01T00:00:00Z',
        notAfterFrom: 'accountExpires',
        attributeNames: names,
      }),
    ],
    groups: [
      {
        dn: 'cn=web-admins,dc=x',
        name: 'web-admins',
        gid: 30_001,
        members: ['alice'],
        via: new Map([['alice', nested]]),
        attributeNames: { memberUid: 'member' },
      },
    ],
  });
  const located = { record: sampleRecord(), inventory: 'cmdb', locator: 'row 1' };
  const guest = createGuestComposer(indexDirectory('corp', snapshot), samplePolicy()).compose(located);
  if (guest.kind !== 'composed') throw new Error('the guest is refused');
  return guest.composition;
}

test('the end of an account goes to the guest, and its source is known', () => {
  const { guest, sources } = composed();
  expect(guest.accounts).toMatchObject([{ name: 'alice', notAfter: '2030-01-01T00:00:00Z' }]);
  const line = sources.find(({ section, subject }) => section === 'accounts' && subject === 'alice');
  expect(line?.sources.map(({ field }) => field)).toEqual(
    expect.arrayContaining(['sAMAccountName', 'accountExpires']),
  );
});

test('sources carry the names that attributes have in the directory', () => {
  const { sources } = composed();
  const line = sources.find(({ section }) => section === 'keys');
  expect(line?.sources).toMatchObject([{ field: 'altKey' }]);
});

test('a member through a nested group has both entries for a source', () => {
  const { sources } = composed();
  const expected = ['cn=web-admins,dc=x', nested].map((record) => ({ record, field: 'member' }));
  for (const section of ['accounts', 'groups'] as const) {
    const lines = sources.filter((each) => each.section === section && each.subject.includes('alice'));
    const members = lines.flatMap((line) => line.sources).filter(({ field }) => field === 'member');
    expect(members).toMatchObject(expected);
  }
});
