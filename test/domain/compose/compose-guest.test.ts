import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import type { Composition } from '../../../server/domain/compose/composition.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { contentHash } from '../../../server/domain/content-hash.ts';
import {
  sampleAccount,
  sampleDirectory,
  sampleKey,
  samplePolicy,
  sampleRecord,
  sampleRole,
} from '../sample.ts';

const validators = createValidators();

interface Input {
  readonly record?: ReturnType<typeof sampleRecord>;
  readonly directory?: ReturnType<typeof sampleDirectory>;
  readonly policy?: ReturnType<typeof samplePolicy>;
}

function compose(input: Input = {}): Composition {
  const composed = tryCompose(input);
  if (composed.kind !== 'composed') throw new Error(JSON.stringify(composed.problems));
  return composed.composition;
}

function tryCompose({
  record = sampleRecord(),
  directory = sampleDirectory(),
  policy = samplePolicy(),
}: Input) {
  return createGuestComposer(indexDirectory('ldap', directory), policy).compose({
    record,
    inventory: 'cmdb',
    locator: 'instances.csv line 2',
  });
}

describe('a guest configuration', () => {
  test('is valid against its schema', () => {
    expect(validators.guestConfiguration(compose().guest)).toMatchObject({ kind: 'valid' });
  });

  test('is the same for the same input, whatever the order of LDAP entries', () => {
    const directory = sampleDirectory();
    const reversed = {
      ...directory,
      accounts: directory.accounts.toReversed(),
      groups: directory.groups.toReversed(),
      sudoRoles: directory.sudoRoles.toReversed(),
    };
    expect(contentHash(compose({ directory: reversed }))).toBe(contentHash(compose({ directory })));
  });

  test('names a source for every one of its lines', () => {
    const without = compose().sources.filter(({ sources }) => sources.length === 0);
    expect(without).toEqual([]);
  });

  test('gives accounts to members of the rule’s groups only, with their groups and keys', () => {
    const { guest } = compose();
    expect(guest.accounts.map(({ name }) => name)).toEqual(['alice']);
    expect(guest.accounts[0]?.keys).toEqual([sampleKey]);
    expect(guest.groups).toEqual([
      { name: 'alice', gid: 20001, members: [] },
      { name: 'web-admins', gid: 30001, members: ['alice'] },
    ]);
  });

  test('names the inventory that each field came from, where several were joined', () => {
    const record = sampleRecord();
    const origins = new Map([
      ['owner', { inventory: 'servicenow', locator: 'sys_id 1' }],
      ['interfaces', { inventory: 'netbox', locator: 'vm 7' }],
    ]);
    const composed = createGuestComposer(indexDirectory('ldap', sampleDirectory()), samplePolicy()).compose({
      record,
      inventory: 'cmdb',
      locator: 'instances.csv line 2',
      origins,
    });
    if (composed.kind !== 'composed') throw new Error('refused');
    const inventoriesOf = (section: string, subject: RegExp) =>
      composed.composition.sources
        .filter((line) => line.section === section && subject.test(line.subject))
        .flatMap(({ sources }) => sources.map(({ name, record, field }) => [name, record, field]));
    expect(inventoriesOf('instance', /^owner$/)).toEqual([['servicenow', 'sys_id 1', 'owner']]);
    expect(inventoriesOf('instance', /^name$/)).toEqual([['cmdb', 'instances.csv line 2', 'name']]);
    expect(inventoriesOf('network', / interface$/)).toContainEqual(['netbox', 'vm 7', 'interfaces/0/mac']);
  });

  test('explains an account by LDAP entry, group membership and policy rule', () => {
    const line = compose().sources.find(
      ({ section, subject }) => section === 'accounts' && subject === 'alice',
    );
    expect(line?.sources).toEqual([
      { kind: 'directory', name: 'ldap', record: 'uid=alice,ou=people,dc=example,dc=com', field: 'uid' },
      { kind: 'policy', name: 'policy.yaml', record: 'web team', field: 'line 9' },
      {
        kind: 'directory',
        name: 'ldap',
        record: 'cn=web-admins,ou=groups,dc=example,dc=com',
        field: 'memberUid',
      },
    ]);
  });

  test('takes each site setting from the site, else from the defaults', () => {
    const { guest } = compose();
    expect(guest.hostname).toEqual({ name: 'web-01', fqdn: 'web-01.tokyo.example.com' });
    expect(guest.dns).toEqual({ servers: ['192.0.2.53'], search: ['tokyo.example.com'] });
    expect(guest.ntp).toEqual({ servers: ['ntp.example.com'] });
  });

  test('gives nobody anything where no rule matches', () => {
    const { guest } = compose({ record: sampleRecord({ project: 'db' }) });
    expect(guest).toMatchObject({ accounts: [], groups: [], sudo: { rules: [] } });
  });

  test('refuses a name that gives no host name, naming record, field and remedy', () => {
    expect(tryCompose({ record: sampleRecord({ name: 'web_01' }) })).toEqual({
      kind: 'refused',
      problems: [expect.objectContaining({ source: 'cmdb', record: 'instances.csv line 2', field: 'name' })],
    });
  });

  test('reports an account whose primary group nobody has, and gives the others', () => {
    const directory = sampleDirectory({
      accounts: [sampleAccount('alice', 20001, { gid: 100 }), sampleAccount('dave', 20004)],
      groups: [{ dn: 'cn=web-admins,dc=x', name: 'web-admins', gid: 30001, members: ['alice', 'dave'] }],
    });
    const composed = tryCompose({ directory });
    expect(composed.problems).toEqual([expect.objectContaining({ field: 'gidNumber' })]);
    expect(
      composed.kind === 'composed' && composed.composition.guest.accounts.map(({ name }) => name),
    ).toEqual(['dave']);
  });
});

describe('sudo rules', () => {
  test('stand in ascending order, so that the highest sudoOrder wins as in LDAP', () => {
    const directory = sampleDirectory({
      sudoRoles: [
        sampleRole('web-b', { order: 2.5 }),
        sampleRole('web-a', { order: 10 }),
        sampleRole('web-c'),
      ],
    });
    expect(compose({ directory }).guest.sudo.rules.map(({ role }) => role)).toEqual([
      'web-c',
      'web-b',
      'web-a',
    ]);
  });

  test('leave out users who are not on the guest, and roles of which nobody is', () => {
    const directory = sampleDirectory({
      sudoRoles: [
        sampleRole('web-mixed', { users: ['!alice', 'bob', '%web-admins', 'alice'] }),
        sampleRole('web-strangers', { users: ['bob', '%db-admins'] }),
        sampleRole('web-only-negated', { users: ['!alice'] }),
      ],
    });
    const { rules } = compose({ directory }).guest.sudo;
    expect(rules.map(({ role, users }) => [role, users])).toEqual([
      ['web-mixed', ['%web-admins', 'alice', '!alice']],
    ]);
  });

  test('put negated commands last', () => {
    const commands = [{ command: '/bin/sh', negated: true }, { command: 'ALL' }];
    const directory = sampleDirectory({ sudoRoles: [sampleRole('web-all', { commands })] });
    expect(compose({ directory }).guest.sudo.rules[0]?.commands).toEqual(commands.toReversed());
  });

  test('need the policy’s selection and the role’s host', () => {
    const directory = sampleDirectory({
      sudoRoles: [sampleRole('db-backup'), sampleRole('web-elsewhere', { hosts: ['db-*'] })],
    });
    expect(compose({ directory }).guest.sudo.rules).toEqual([]);
  });
});
