import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();

const minimal = `
store: { kind: sqlite, path: state/ubugi.db }
signing: { keyFile: signing.key }
inventories: [{ name: cmdb, kind: file, path: instances.csv }]
directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example,dc=org' }
policy: { files: [policy.yaml] }
drive: { payloadFolder: payload }
`;

function site(files: Readonly<Record<string, string>> = {}): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': minimal,
    'signing.key': 'a key',
    'instances.csv': 'id,name\n',
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
    ...files,
  });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

describe('a valid configuration', () => {
  it('has defaults, absolute paths, and cannot be changed', async () => {
    const folder = site();
    const config = await loadConfig(join(folder, 'server.yaml'), validators);
    expect(config).toMatchObject({
      listen: { address: '127.0.0.1', port: 7480, socket: '/run/ubugi/server.sock' },
      store: { kind: 'sqlite', path: join(folder, 'state/ubugi.db') },
      signing: { keyFile: join(folder, 'signing.key') },
      inventories: [{ path: join(folder, 'instances.csv') }],
      directory: { ldifFile: join(folder, 'people.ldif') },
      policy: { files: [join(folder, 'policy.yaml')], minimumUid: 1000 },
      drive: { payloadFolder: join(folder, 'payload'), cacheFolder: '/var/cache/ubugi/drives' },
      sync: { intervalSeconds: 300 },
      log: { level: 'info' },
    });
    expect(Object.isFrozen(config.inventories[0])).toBe(true);
    expect(() => {
      (config as { log: unknown }).log = {};
    }).toThrow(TypeError);
  });

  it('serves other addresses with a certificate that belongs to its key', async () => {
    const folder = site({
      'server.yaml': `${minimal}listen: { address: 192.0.2.1, tls: { certificateFile: tls.pem, keyFile: tls.key } }\n`,
    });
    const request = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
    await execa('openssl', [...request, '-keyout', 'tls.key', '-out', 'tls.pem'], {
      cwd: folder,
      timeout: 20_000,
    });
    chmodSync(join(folder, 'tls.key'), 0o600);
    expect(await problemsOf(folder)).toEqual([]);

    writeFiles(folder, { 'tls.key': readFileSync(join(folder, 'tls.pem'), 'utf8') });
    expect(await problemsOf(folder)).toEqual([
      'server.yaml:8: /listen/tls has a certificate and key that are not PEM or do not belong together; give the certificate chain, server first, and its unencrypted key',
    ]);
  });
});

describe('problems', () => {
  it('of both configuration and policy come at once', async () => {
    const folder = site({
      'server.yaml': `${minimal.replace('kind: sqlite', 'kind: mysql')}logs: {}\nlog: { level: loud }\n`,
      'policy.yaml': 'access:\n  - name: ops\nsudo: {}\n',
    });
    expect(await problemsOf(folder)).toEqual([
      'server.yaml:2: /store/kind is not one of the known kinds; use sqlite or postgres',
      'server.yaml:8: /logs is not a known field; remove it or correct its name',
      'server.yaml:9: /log/level is not one of the allowed values; use one of fatal, error, warn, info, debug',
      'policy.yaml:2: /access/0 has none of the fields `groups` and `accounts`; add one of them',
      'policy.yaml:3: /sudo has the wrong type; give an array',
    ]);
  });

  it('of rules between fields name the field and line', async () => {
    const folder = site({
      'server.yaml': [
        `listen:\n  address: 0.0.0.0\n  socket: ${'s'.repeat(200)}`,
        'store: { kind: postgres, host: db.example.org, database: ubugi, user: ubugi }',
        'signing: { keyFile: signing.key }',
        'inventories: [{ name: cmdb, kind: file, path: absent.csv }]',
        "directory:\n  name: people\n  kind: ldap\n  url: ldap://192.0.2.7\n  bindDn: 'cn=x'\n  baseDn: 'dc=example'",
        'policy: { files: [policy.yaml, other.yaml] }',
        'drive: { payloadFolder: policy.yaml }',
      ].join('\n'),
    });
    chmodSync(join(folder, 'signing.key'), 0o644);
    expect(await problemsOf(folder)).toEqual([
      'server.yaml:2: /listen/address would serve tokens and drives in plain text; add listen.tls, or listen on 127.0.0.1 or ::1',
      expect.stringMatching(/^server\.yaml:3: \/listen\/socket is longer than the 107 bytes/),
      'server.yaml:4: /store/host would be reached in plain text; add store.caFile, or use a local address or socket',
      'server.yaml:10: /directory/url would send the password in plain text; use ldaps://, or set startTls',
      'server.yaml:7: /directory has one of `bindDn` and `passwordFile` without the other; give both, or neither to bind anonymously',
      expect.stringMatching(
        /^server\.yaml:5: \/signing\/keyFile can be read or written by others \(mode 0644\); run `chmod 6[04]0` on it/,
      ),
      'server.yaml:14: /drive/payloadFolder is not a folder; name a folder',
      'server.yaml:6: /inventories/0/path cannot be read (ENOENT); create it, or correct the path or its permissions',
      'other.yaml:1: the file cannot be read (ENOENT); create it, or correct the path or its permissions',
    ]);
  });

  it('accepts a folder for an inventory, and none for the embedded directory', async () => {
    const inventories = 'inventories: [{ name: cmdb, kind: file, path: payload }]';
    const text = minimal.replace(/^inventories:.*$/m, inventories);
    expect(await problemsOf(site({ 'server.yaml': text }))).toEqual([]);
    expect(await problemsOf(site({ 'server.yaml': minimal.replace('people.ldif', 'payload') }))).toEqual([
      'server.yaml:5: /directory/ldifFile is not a file; name a file',
    ]);
  });

  it.each(['ldap://127.0.0.1:389', 'ldap://[::1]', 'ldap://localhost', 'ldaps://ldap.example.org'])(
    'accepts the directory %s',
    async (url) => {
      const directory = `directory: { name: people, kind: ldap, url: '${url}', baseDn: 'dc=example' }`;
      const folder = site({ 'server.yaml': minimal.replace(/^directory:.*$/m, directory) });
      expect(await problemsOf(folder)).toEqual([]);
    },
  );

  it('accepts a directory with StartTLS and with names of its own', async () => {
    const directory =
      "directory: { name: people, kind: ldap, url: 'ldap://192.0.2.7', startTls: true, baseDn: 'dc=example', schema: ad, attributes: { account: { sshPublicKey: altKeys }, group: { cn: cn } } }";
    const folder = site({ 'server.yaml': minimal.replace(/^directory:.*$/m, directory) });
    expect(await problemsOf(folder)).toEqual([]);
  });

  it.each([
    ["url: 'ldaps://192.0.2.7', startTls: true", 'is for ldap:// URLs'],
    ["url: 'ldaps://192.0.2.7', schema: samba", 'schema'],
    ["url: 'ldaps://192.0.2.7', attributes: { account: { uid: 'x)(uid=*' } }", 'attributes/account/uid'],
    ["url: 'ldaps://192.0.2.7', attributes: { account: { userPassword: x } }", 'userPassword'],
  ])('refuses the directory with %s', async (settings, expected) => {
    const directory = `directory: { name: people, kind: ldap, baseDn: 'dc=example', ${settings} }`;
    const folder = site({ 'server.yaml': minimal.replace(/^directory:.*$/m, directory) });
    expect(await problemsOf(folder)).toEqual([expect.stringContaining(expected)]);
  });

  it('fail a start with every one in the message', async () => {
    const folder = site({ 'server.yaml': 'a: 1\nb: 2\n' });
    await expect(loadConfig(join(folder, 'server.yaml'), validators)).rejects.toMatchObject({
      code: 'configuration-invalid',
      message: expect.stringMatching(/server\.yaml:1: .*\n[^]*server\.yaml:2: \/b is not a known field/),
    });
  });

  it('of a file that is no text are said', async () => {
    const folder = site();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'server.yaml'), Buffer.from([0xff, 0xfe, 0x41]));
    expect(await problemsOf(folder)).toEqual(['server.yaml:1: the file is not UTF-8 text; save it as UTF-8']);
  });
});
