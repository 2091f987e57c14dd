import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { createGuestComposer } from '../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../server/domain/compose/directory-index.ts';
import { diffGuests } from '../../server/domain/diff.ts';
import { sampleDirectory, samplePolicy, sampleRecord, sampleRole } from './sample.ts';

function guest(directory = sampleDirectory(), record = sampleRecord()): GuestConfiguration {
  const composed = createGuestComposer(indexDirectory('ldap', directory), samplePolicy()).compose({
    record,
    inventory: 'cmdb',
    locator: 'x',
  });
  if (composed.kind !== 'composed') throw new Error('refused');
  return composed.composition.guest;
}

test('equal configurations do not differ', () => {
  expect(diffGuests(guest(), guest())).toEqual([]);
});

test('from nothing everything is added, to nothing everything is removed', () => {
  const added = diffGuests(undefined, guest());
  expect(new Set(added.map(({ action }) => action))).toEqual(new Set(['add']));
  const removed = diffGuests(guest(), undefined);
  expect(removed.map(({ section, subject }) => [section, subject])).toEqual(
    added.map(({ section, subject }) => [section, subject]),
  );
});

test('a removed key, a changed rule and a new address are one line each', () => {
  const before = guest();
  const directory = sampleDirectory();
  const after = guest(
    {
      ...directory,
      accounts: directory.accounts.map((account) => ({ ...account, keys: [] })),
      sudoRoles: [sampleRole('web-restart', { tags: ['NOPASSWD'] })],
    },
    sampleRecord({
      interfaces: [
        { mac: '52:54:00:12:34:56', addresses: ['192.0.2.10/24', '192.0.2.11/24'], gateway4: '192.0.2.1' },
      ],
    }),
  );
  expect(diffGuests(before, after)).toEqual([
    expect.objectContaining({
      action: 'add',
      section: 'network',
      subject: '52:54:00:12:34:56 address 192.0.2.11/24',
    }),
    expect.objectContaining({
      action: 'remove',
      section: 'keys',
      subject: expect.stringMatching(/^alice SHA256:/),
    }),
    {
      action: 'change',
      section: 'sudo',
      subject: 'web-restart',
      before: '1. %web-admins ALL=(root) /usr/bin/systemctl restart nginx',
      after: '1. %web-admins ALL=(root) NOPASSWD: /usr/bin/systemctl restart nginx',
    },
  ]);
});

test('two rules of one name are told apart', () => {
  const rules = fc.array(fc.constantFrom('web-a', 'web-b'), { maxLength: 5 });
  fc.assert(
    fc.property(rules, rules, (left, right) => {
      const of = (names: readonly string[]) =>
        guest(sampleDirectory({ sudoRoles: names.map((name) => sampleRole(name)) }));
      const changes = diffGuests(of(left), of(right));
      const count = (action: string) => changes.filter((change) => change.action === action).length;
      expect(count('add') - count('remove')).toBe(right.length - left.length);
    }),
  );
});
