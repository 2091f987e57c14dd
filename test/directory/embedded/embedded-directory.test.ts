import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import type { Directory } from '../../../server/directory/directory.ts';
import { createEmbeddedDirectory } from '../../../server/directory/embedded/embedded-directory.ts';
import { startLdapServer } from '../../../server/directory/embedded/ldap-server.ts';
import { createSharedKeyTls } from '../../../server/directory/embedded/shared-key-tls.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { ed25519Line } from '../../harness/ssh-keys.ts';

const baseDn = 'dc=example,dc=com';
const base = `dn: ${baseDn}\nobjectClass: organization\no: Example\n`;
const validators = createValidators();
const signal = new AbortController().signal;
let folder: string;
let ldifFile: string;
let directory: Directory;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-embedded-'));
  ldifFile = join(folder, 'directory.ldif');
  directory = createEmbeddedDirectory({ name: 'demo', ldifFile, baseDn, minimumUid: 1000, validators });
});
afterEach(async () => {
  await directory.close();
  await rm(folder, { recursive: true });
});

async function read(ldif: string) {
  await writeFile(ldifFile, ldif);
  return directory.fetchAll(signal);
}

/** A record with every value in base64, so that any can be said. */
function ldifRecord(dn: string, attributes: Readonly<Record<string, string>>): string {
  const lines = Object.entries(attributes).map(
    ([name, value]) => `${name}:: ${Buffer.from(value, 'utf8').toString('base64')}\n`,
  );
  return `\ndn: ${dn}\n${lines.join('')}`;
}

const account = (name: string, number: number) => ({
  objectClass: 'posixAccount',
  uid: name,
  cn: name,
  gecos: name,
  uidNumber: String(number),
  gidNumber: '6000',
  homeDirectory: `/home/${name}`,
  loginShell: '/bin/sh',
  sshPublicKey: ed25519Line(),
});
const group = (name: string, number: number) => ({
  objectClass: 'posixGroup',
  cn: name,
  gidNumber: String(number),
  memberUid: 'alice',
});
const role = (name: string) => ({
  objectClass: 'sudoRole',
  cn: name,
  sudoUser: 'alice',
  sudoHost: 'web-01',
  sudoCommand: '/usr/bin/id',
  sudoRunAs: 'root',
  sudoRunAsUser: 'root',
  sudoRunAsGroup: 'adm',
  sudoOption: 'setenv',
  sudoOrder: '1',
  sudoNotBefore: '20260101000000Z',
  sudoNotAfter: '20270101000000Z',
});

describe('hostile values of LDIF', () => {
  /** Everything of sudoers(5) that ALL stands for. That a role is for everybody is for policy to allow. */
  const harmless: ReadonlySet<string> = new Set(
    ['sudoUser', 'sudoHost', 'sudoCommand', 'sudoRunAsUser', 'sudoRunAs', 'sudoRunAsGroup'].map(
      (attribute) => `sudoRole ${attribute} everybody`,
    ),
  );
  const kinds = [
    ['account', account('x', 5000), (index: number) => account(`p${index}`, 5001 + index)],
    ['group', group('x', 5000), (index: number) => group(`g${index}`, 5001 + index)],
    ['sudoRole', role('x'), (index: number) => role(`r${index}`)],
  ] as const;
  const cases = kinds.flatMap(([kind, example, make]) =>
    Object.keys(example)
      .filter((attribute) => attribute !== 'objectClass')
      .map((attribute) => [kind, attribute, make] as const),
  );

  test.each(cases)('%s, %s', async (kind, attribute, make) => {
    const values = Object.entries(hostileValues);
    const spoilt = values.map(([, value], index) => {
      const fields: Readonly<Record<string, string>> = make(index);
      const { sudoRunAsUser: _other, ...rest } = fields;
      // The older name counts only where the newer one is absent.
      return ldifRecord(`ou=${index},${baseDn}`, {
        ...(attribute === 'sudoRunAs' ? rest : fields),
        [attribute]: value,
      });
    });
    const good = [account('alice', 5500), group('web', 6000), role('good')].map((fields, index) =>
      ldifRecord(`o=${index},${baseDn}`, fields),
    );
    const snapshot = await read([base, ...spoilt, ...good].join(''));
    const expected = values.flatMap(([name], index) =>
      harmless.has(`${kind} ${attribute} ${name}`) ? [] : [index],
    );
    const rejected = new Set(snapshot.rejected.map(({ record, field }) => `${record} ${field}`));
    expect([...rejected]).toEqual(expected.map((index) => `ou=${index},${baseDn} ${attribute}`));
    expect(snapshot.accounts.map(({ name }) => name)).toContain('alice');
    expect(snapshot.groups.map(({ name }) => name)).toContain('web');
    expect(snapshot.sudoRoles.map(({ name }) => name)).toContain('good');
    for (const problem of snapshot.rejected) {
      expect(problem.remedy).not.toBe('');
      expect(Object.values(problem).join('')).not.toMatch(/[\n\r\0\u202e\u200b\u001b]/);
    }
    expect(JSON.stringify([snapshot.accounts, snapshot.groups, snapshot.sudoRoles])).not.toMatch(
      /\\[nr]|\\u0000|[\u202e\u200b]/,
    );
  });

  test('raw NUL and control characters', async () => {
    const snapshot = await read(
      `${base}\ndn: uid=a,${baseDn}\nobjectClass: posixAccount\nuid: a\0b\nuidNumber: 5000\n`,
    );
    expect(snapshot.rejected.map(({ field }) => field)).toContain('uid');
  });

  test('a DN', async () => {
    const hostile = Buffer.from(`uid=evil\n\u202e,${baseDn}`).toString('base64');
    const snapshot = await read(`${base}\ndn:: ${hostile}\nobjectClass: posixAccount\nuid: evil\n`);
    expect(snapshot.rejected[0]?.record).not.toMatch(/[\n\u202e]/);
  });
});

describe('a file that cannot be served', () => {
  test.each([
    ['uid: x\n', 'line 1: a record does not begin with `dn:`'],
    [`${base}\ndn: uid=a,dc=elsewhere\nuid: a\n`, 'line 5: is not below dc=example,dc=com'],
    [`${base}\ndn: DC=Example, dc=COM\no: a\n`, 'line 5: has the same dn as line 1'],
    [`${base}\ndn: nonsense,${baseDn}\no: a\n`, 'line 5: has a dn that is not one'],
    ['', 'the server has no such entry'],
  ])('%j', async (ldif, message) => {
    await expect(read(ldif)).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining(message),
    });
  });

  test('is no longer there; and comes back', async () => {
    await read(base);
    await rm(ldifFile);
    await expect(directory.fetchAll(signal)).rejects.toThrow('cannot be read (ENOENT)');
    expect((await read(base)).rejected).toEqual([]);
  });
});

test('starts again after it was closed', async () => {
  await read(base);
  await directory.close();
  expect((await read(base)).accounts).toEqual([]);
});

describe('other programs on the host', () => {
  test('cannot speak to the LDAP server', async () => {
    const server = await startLdapServer({ tls: createSharedKeyTls(), bindDn: 'cn=x', password: 'x' });
    try {
      const port = Number(new URL(server.url).port);
      const plain = createConnection({ host: '127.0.0.1', port });
      plain.write(Buffer.from('300c020101600702010304008000', 'hex'));
      plain.resume();
      await once(plain, 'close');
      const stranger = connect({ host: '127.0.0.1', port, ...createSharedKeyTls().client });
      const [error] = (await once(stranger, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toMatch(/^ERR_SSL_/);
    } finally {
      await server.close();
    }
  });
});
