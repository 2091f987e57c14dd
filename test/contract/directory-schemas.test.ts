import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import type { Directory, DirectorySnapshot } from '../../server/directory/directory.ts';
import { createLdapDirectory } from '../../server/directory/ldap/ldap-directory.ts';
import { type Company, type CompanySchema, company, companyBase } from '../harness/company-directory.ts';
import { type SlapdServer, startSlapd } from '../harness/slapd-server.ts';
import { ed25519Line } from '../harness/ssh-keys.ts';

const validators = createValidators();
const keys = [ed25519Line('alice@laptop'), ed25519Line('alice@desk')];
const crowd = 5000;
const signal = new AbortController().signal;

const schemas: readonly CompanySchema[] = ['rfc2307', 'rfc2307bis', 'ad', 'freeipa'];

describe.each(schemas)('5,000 people in slapd by schema %s', (schema) => {
  let written: Company;
  let server: SlapdServer;
  let directory: Directory;
  let snapshot: DirectorySnapshot;

  beforeAll(async () => {
    written = company(schema, keys, crowd);
    server = await startSlapd({ baseDn: companyBase, ldif: written.ldif, schema });
    directory = createLdapDirectory({
      name: 'corp',
      url: server.url,
      ca: server.ca,
      bindDn: server.bindDn,
      password: server.password,
      baseDn: companyBase,
      schema,
      connectTimeoutMs: 3000,
      operationTimeoutMs: 20_000,
      pageSize: 500,
      minimumUid: 1000,
      validators,
    });
    snapshot = await directory.fetchAll(signal);
  }, 60_000);
  afterAll(async () => {
    await directory?.close();
    await server?.stop();
  });

  const group = (name: string) => snapshot.groups.find((each) => each.name === name);

  test('everybody is there, with keys, and nothing is refused', () => {
    expect(snapshot.rejected).toEqual([]);
    expect(snapshot.accounts).toHaveLength(crowd + 4);
    expect(snapshot.accounts[0]).toMatchObject({
      dn: written.dn('person', 'alice'),
      name: 'alice',
      uid: 5001,
      gid: 6000,
      home: '/home/alice',
    });
    expect(snapshot.accounts[0]?.keys.map(({ comment }) => comment).toSorted()).toEqual([
      'alice@desk',
      'alice@laptop',
    ]);
  });

  test('whoever is locked is absent, with the reason', () => {
    expect(snapshot.accounts.map(({ name }) => name)).not.toContain('dave');
    expect(snapshot.disabled).toMatchObject([{ dn: written.dn('person', 'dave'), name: 'dave' }]);
    expect(snapshot.disabled?.[0]?.reason).toMatch(/TRUE|ACCOUNTDISABLE|000001010000Z/);
  });

  test('an account ends when the directory says', () => {
    const ending = snapshot.accounts.filter(({ notAfter }) => notAfter !== undefined);
    expect(ending).toMatchObject([{ name: 'erin', notAfter: '2030-01-01T00:00:00Z' }]);
  });

  test('groups have the people of nested ones, loops or not', () => {
    expect(snapshot.groups.map(({ name, gid }) => [name, gid])).toEqual([
      ['everyone', 6000],
      ['juniors', 6002],
      ['web', 6001],
    ]);
    expect(group('web')?.members).toEqual(['alice', 'bob', 'carol']);
    expect(group('juniors')?.members).toEqual(['alice', 'bob', 'carol']);
    // Names of RFC 2307 are names only: whose account is locked is not known of them.
    expect(group('everyone')?.members).toHaveLength(schema === 'rfc2307' ? crowd + 5 : crowd + 4);
  });

  test('a member who is there through a nested group is known to be', () => {
    const via = schema === 'rfc2307' ? undefined : written.dn('group', 'juniors');
    expect(group('web')?.via?.get('bob')?.dn).toBe(via);
    expect(group('web')?.via?.get('alice')).toBeUndefined();
  });

  test('netgroups stand in the role', () => {
    expect(snapshot.sudoRoles).toMatchObject([
      { name: 'web-restart', users: ['alice', 'bob'], hosts: ['web-01'], timeoutSeconds: 60 },
    ]);
  });

  test('a lock is seen at the next reading', async () => {
    const lock: Readonly<Record<CompanySchema, string>> = {
      rfc2307: 'replace: shadowExpire\nshadowExpire: 1',
      rfc2307bis: 'replace: shadowExpire\nshadowExpire: 1',
      ad: 'replace: userAccountControl\nuserAccountControl: 66050',
      freeipa: 'replace: nsAccountLock\nnsAccountLock: true',
    };
    await server.modify(`dn: ${written.dn('person', 'bob')}\nchangetype: modify\n${lock[schema]}\n`);
    const { accounts, disabled } = await directory.fetchAll(signal);
    expect(accounts.map(({ name }) => name)).not.toContain('bob');
    expect(disabled?.find(({ name }) => name === 'bob')?.reason).toMatch(
      /^(shadowExpire is past: 1970-01-02T00:00:00Z|userAccountControl has ACCOUNTDISABLE|nsAccountLock is TRUE)$/,
    );
  });

  test('an end that is past is a lock', async () => {
    const end: Readonly<Record<CompanySchema, readonly [attribute: string, value: string]>> = {
      rfc2307: ['pwdEndTime', '20250101000000Z'],
      rfc2307bis: ['pwdStartTime', '29990101000000Z'],
      ad: ['accountExpires', '133484544000000000'],
      freeipa: ['krbPrincipalExpiration', '20250101000000Z'],
    };
    const [attribute, value] = end[schema];
    await server.modify(
      `dn: ${written.dn('person', 'carol')}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`,
    );
    const { accounts, disabled } = await directory.fetchAll(signal);
    expect(accounts.map(({ name }) => name)).not.toContain('carol');
    expect(disabled?.find(({ name }) => name === 'carol')?.reason).toMatch(
      new RegExp(`^${attribute} is (past|to come): `),
    );
  });
});
