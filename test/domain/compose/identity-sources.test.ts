import { expect, test } from 'vitest';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { sampleAccount, sampleDirectory, sampleKey, samplePolicy, sampleRecord } from '../sample.ts';

const names = { uid: 'sAMAccountName', sshPublicKey: 'altKey' };
const nested = {
  dn: 'cn=juniors,dc=x',
  lastChange: { by: 'cn=lead,dc=x', at: '2026-01-01T09:30:00Z' },
};

function composed() {
  const snapshot = sampleDirectory({
    accounts: [
      sampleAccount('alice', 20_001, {
        keys: [sampleKey],
        notAfter: '2030-01-01T00:00:00Z',
        notAfterFrom: 'accountExpires',
        attributeNames: names,
        lastChange: { by: 'cn=helpdesk,dc=x', at: '2026-01-01T08:00:00Z' },
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
        lastChange: { at: '2026-01-01T09:00:00Z' },
      },
    ],
  });
  const located = {
    record: sampleRecord(),
    inventory: 'cmdb',
    locator: 'row 1',
    lastChange: { by: 'claire', at: '2026-01-01T10:00:00Z' },
    origins: new Map([['owner', { inventory: 'tickets', locator: 'row 7' }]]),
  };
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
  const expected = ['cn=web-admins,dc=x', nested.dn].map((record) => ({ record, field: 'member' }));
  for (const section of ['accounts', 'groups'] as const) {
    const lines = sources.filter((each) => each.section === section && each.subject.includes('alice'));
    const members = lines.flatMap((line) => line.sources).filter(({ field }) => field === 'member');
    expect(members).toMatchObject(expected);
  }
});

test('sources tell who changed the record or entry last, where it is known', () => {
  const { sources } = composed();
  const sourcesOf = (section: string, subject: string) =>
    sources.find((line) => line.section === section && line.subject === subject)?.sources;
  expect(sourcesOf('hostname', 'name')).toEqual([
    {
      kind: 'inventory',
      name: 'cmdb',
      record: 'row 1',
      field: 'name',
      changedBy: 'claire',
      changedAt: '2026-01-01T10:00:00Z',
    },
  ]);
  expect(sourcesOf('instance', 'owner')).toEqual([
    { kind: 'inventory', name: 'tickets', record: 'row 7', field: 'owner' },
  ]);
  expect(sources.find(({ section }) => section === 'keys')?.sources).toMatchObject([
    { changedBy: 'cn=helpdesk,dc=x', changedAt: '2026-01-01T08:00:00Z' },
  ]);
  const [group, through] = sourcesOf('groups', 'web-admins member alice') ?? [];
  expect(group).toMatchObject({ record: 'cn=web-admins,dc=x', changedAt: '2026-01-01T09:00:00Z' });
  expect(group).not.toHaveProperty('changedBy');
  expect(through).toEqual({
    kind: 'directory',
    name: 'corp',
    record: nested.dn,
    field: 'member',
    changedBy: 'cn=lead,dc=x',
    changedAt: '2026-01-01T09:30:00Z',
  });
});
