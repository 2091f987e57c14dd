import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import type { Directory, DirectorySnapshot } from '../../server/directory/directory.ts';
import { createEmbeddedDirectory } from '../../server/directory/embedded/embedded-directory.ts';
import { createLdapDirectory } from '../../server/directory/ldap/ldap-directory.ts';
import { type SlapdServer, startSlapd } from '../harness/slapd-server.ts';
import { ed25519Line, rsaLine } from '../harness/ssh-keys.ts';

const baseDn = 'dc=example,dc=com';
const validators = createValidators();
const aliceKey = ed25519Line('alice@example.com');
const restrictedKey = ed25519Line('alice@backup');
const weakKey = rsaLine(1024);

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

const people = Array.from(
  { length: 25 },
  (_, index) => `
dn: uid=person${index},ou=people,${baseDn}
objectClass: account
objectClass: posixAccount
uid: person${index}
cn: Person ${index}
uidNumber: ${7000 + index}
gidNumber: 6000
homeDirectory: /home/person${index}
`,
).join('');

const ldif = `dn: ${baseDn}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,${baseDn}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${baseDn}
objectClass: organizationalUnit
ou: groups

dn: ou=sudoers,${baseDn}
objectClass: organizationalUnit
ou: sudoers

dn: uid=alice,ou=people,${baseDn}
objectClass: account
objectClass: posixAccount
objectClass: ldapPublicKey
uid: alice
cn:: ${base64('Doe, Älice')}
uidNumber: 5001
gidNumber: 6000
homeDirectory: /home/alice
loginShell: /bin/bash
sshPublicKey: ${aliceKey}
sshPublicKey: ${weakKey}
sshPublicKey: restrict,pty,from="192.0.2.0/24" ${restrictedKey}

dn: uid=mallory,ou=people,${baseDn}
objectClass: account
objectClass: posixAccount
uid: mallory
cn: Mallory
uidNumber: 0
gidNumber: 6000
homeDirectory: /home/mallory

dn: uid=twin-a,ou=people,${baseDn}
objectClass: account
objectClass: posixAccount
uid: twin-a
cn: Twin A
uidNumber: 5100
gidNumber: 6000
homeDirectory: /home/twin-a

dn: uid=twin-b,ou=people,${baseDn}
objectClass: account
objectClass: posixAccount
uid: twin-b
cn: Twin B
uidNumber: 5100
gidNumber: 6000
homeDirectory: /home/twin-b

dn: cn=everyone,ou=groups,${baseDn}
objectClass: posixGroup
cn: everyone
gidNumber: 6000
memberUid: bob
memberUid: alice
memberUid: ALL

dn: cn=sudo,ou=groups,${baseDn}
objectClass: posixGroup
cn: sudo
gidNumber: 6001
memberUid: mallory

dn: cn=web-restart,ou=sudoers,${baseDn}
objectClass: sudoRole
cn: web-restart
sudoUser: !carol
sudoUser: %everyone
sudoUser: alice
sudoHost: web-*
sudoHost: !web-09
sudoCommand: sha256:${'ab'.repeat(32)} /usr/bin/systemctl restart nginx
sudoCommand: !/usr/bin/systemctl restart sshd
sudoCommand: /usr/bin/whoami ""
sudoRunAsUser: www-data
sudoRunAsGroup: adm
sudoOption: !authenticate
sudoOption: setenv
sudoOrder: 2.5
sudoNotBefore: 20260102030405Z
sudoNotAfter: 20270102030405Z

dn: cn=everybody,ou=sudoers,${baseDn}
objectClass: sudoRole
cn: everybody
sudoUser: ALL
sudoHost: ALL
sudoCommand: ALL
${people}`;

interface Subject {
  readonly directory: Directory;
  /** What the directory tells of the newest change of an entry, as a property to spread. */
  readonly lastChange: { readonly lastChange?: unknown };
  /** Takes an entry out of the directory. */
  remove(dn: string): Promise<void>;
  stop(): Promise<void>;
}

async function slapd(): Promise<Subject> {
  const server: SlapdServer = await startSlapd({ baseDn, ldif });
  const directory = createLdapDirectory({
    name: 'corp',
    url: server.url,
    ca: server.ca,
    bindDn: server.bindDn,
    password: server.password,
    baseDn,
    accountsBaseDn: `ou=people,${baseDn}`,
    connectTimeoutMs: 3000,
    operationTimeoutMs: 10_000,
    pageSize: 7,
    minimumUid: 1000,
    validators,
  });
  const administrator = `cn=administrator,${baseDn}`;
  return {
    directory,
    lastChange: { lastChange: { by: administrator, at: expect.stringMatching(/^20\d\d-.*Z$/) } },
    remove: (dn) => server.modify(`dn: ${dn}\nchangetype: delete\n`),
    async stop() {
      await directory.close();
      await server.stop();
    },
  };
}

async function embedded(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-ldif-'));
  const ldifFile = join(folder, 'directory.ldif');
  await writeFile(ldifFile, ldif);
  const directory = createEmbeddedDirectory({ name: 'corp', ldifFile, baseDn, minimumUid: 1000, validators });
  return {
    directory,
    lastChange: {},
    remove: (dn) =>
      writeFile(
        ldifFile,
        ldif
          .split('\n\n')
          .filter((record) => !record.startsWith(`dn: ${dn}\n`))
          .join('\n\n'),
      ),
    async stop() {
      await directory.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe.each([
  ['ldap on slapd', slapd],
  ['embedded', embedded],
])('directory: %s', (_name, start) => {
  const signal = new AbortController().signal;
  let subject: Subject;
  let snapshot: DirectorySnapshot;

  beforeAll(async () => {
    subject = await start();
    snapshot = await subject.directory.fetchAll(signal);
  });
  afterAll(() => subject?.stop());

  function rejections(dn: string): readonly string[] {
    return snapshot.rejected
      .filter(({ record }) => record === dn)
      .map(({ field, message }) => `${field} ${message}`);
  }

  test('gives every good account, over several pages', () => {
    expect(snapshot.accounts).toHaveLength(26);
    expect(snapshot.accounts[0]).toEqual({
      dn: `uid=alice,ou=people,${baseDn}`,
      name: 'alice',
      uid: 5001,
      gid: 6000,
      gecos: 'Doe Älice',
      home: '/home/alice',
      shell: '/bin/bash',
      keys: [{ type: 'ssh-ed25519', key: aliceKey.split(' ')[1], comment: 'alice@example.com' }],
      restrictedKeys: [
        {
          key: { type: 'ssh-ed25519', key: restrictedKey.split(' ')[1], comment: 'alice@backup' },
          options: { flags: ['restrict', 'pty'], from: ['192.0.2.0/24'] },
          attribute: 'sshPublicKey',
        },
      ],
      ...subject.lastChange,
    });
    expect(snapshot.accounts[1]).toMatchObject({ name: 'person0', shell: undefined, keys: [] });
  });

  test('leaves out a weak key and says so, and keeps the account', () => {
    expect(rejections(`uid=alice,ou=people,${baseDn}`)).toEqual([
      expect.stringMatching(/^sshPublicKey is an RSA key of 1024 bits, fewer than 2048 \(value \d of 3\)$/),
    ]);
  });

  test('refuses root and both of two accounts with one number', () => {
    expect(rejections(`uid=mallory,ou=people,${baseDn}`)).toEqual(['uidNumber is 0, which is root']);
    expect(rejections(`uid=twin-a,ou=people,${baseDn}`)).toEqual([
      `uidNumber is the same as that of uid=twin-b,ou=people,${baseDn}`,
    ]);
    expect(rejections(`uid=twin-b,ou=people,${baseDn}`)).toHaveLength(1);
  });

  test('gives groups, without members that cannot be, and no group of the system', () => {
    expect(snapshot.groups).toEqual([
      {
        dn: `cn=everyone,ou=groups,${baseDn}`,
        name: 'everyone',
        gid: 6000,
        members: ['alice', 'bob'],
        ...subject.lastChange,
      },
    ]);
    expect(rejections(`cn=everyone,ou=groups,${baseDn}`)).toHaveLength(1);
    expect(rejections(`cn=sudo,ou=groups,${baseDn}`)).toEqual([
      'cn is a name that belongs to the operating system',
    ]);
  });

  test('gives a sudoRole with negated members last', () => {
    expect(snapshot.sudoRoles[1]).toEqual({
      dn: `cn=web-restart,ou=sudoers,${baseDn}`,
      name: 'web-restart',
      users: ['%everyone', 'alice', '!carol'],
      hosts: ['web-*', '!web-09'],
      commands: [
        {
          command: '/usr/bin/systemctl',
          arguments: 'restart nginx',
          digests: [`sha256:${'ab'.repeat(32)}`],
        },
        { command: '/usr/bin/whoami', arguments: '' },
        { command: '/usr/bin/systemctl', arguments: 'restart sshd', negated: true },
      ],
      runAsUsers: ['www-data'],
      runAsGroups: ['adm'],
      tags: ['NOPASSWD', 'SETENV'],
      order: 2.5,
      notBefore: '2026-01-02T03:04:05Z',
      notAfter: '2027-01-02T03:04:05Z',
      ...subject.lastChange,
    });
  });

  test('keeps a sudoRole for everybody, which policy has to allow', () => {
    expect(snapshot.sudoRoles).toHaveLength(2);
    expect(snapshot.sudoRoles[0]).toMatchObject({ name: 'everybody', users: ['ALL'] });
  });

  test('names itself and the remedy in every problem', () => {
    for (const problem of snapshot.rejected) {
      expect(problem).toMatchObject({ source: 'corp', remedy: expect.stringMatching(/\w/) });
    }
  });

  test('gives the same again, and to several at once', async () => {
    const again = await Promise.all([subject.directory.fetchAll(signal), subject.directory.fetchAll(signal)]);
    expect(again[0]?.accounts).toEqual(snapshot.accounts);
    expect(again[1]?.sudoRoles).toEqual(snapshot.sudoRoles);
  });

  test('fails when stopped', async () => {
    const reading = subject.directory.fetchAll(AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'directory-unavailable' });
  });

  test('sees that a person has gone', async () => {
    await subject.remove(`uid=alice,ou=people,${baseDn}`);
    const { accounts } = await subject.directory.fetchAll(signal);
    expect(accounts.map(({ name }) => name)).not.toContain('alice');
    expect(accounts).toHaveLength(25);
  });
});
