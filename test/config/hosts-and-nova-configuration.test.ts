import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const password = 'a-password-of-ours\n';

/** A folder with a configuration that ends in these lines. */
function site(...lines: readonly string[]): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories: [{ name: cmdb, kind: file, path: instances.csv }]',
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
      ...lines,
    ].join('\n'),
    'instances.csv': 'id,name\n',
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
    'nova.password': password,
  });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

/** A `nova:` with this Keystone. */
const nova = (keystone: string, more = '') => `nova: { ${more}keystone: { ${keystone} } }`;
const account = 'user: ubugi, passwordFile: nova.password';

describe('nova', () => {
  it('has defaults and a password beside the configuration', async () => {
    const folder = site(nova(`url: 'https://keystone.example.net/v3', ${account}`));
    const config = await loadConfig(join(folder, 'server.yaml'), validators);
    expect(config.nova).toMatchObject({
      callerRoles: ['service'],
      keystone: {
        userDomain: 'Default',
        projectDomain: 'Default',
        passwordFile: join(folder, 'nova.password'),
        cacheSeconds: 300,
        timeoutSeconds: 2,
      },
    });
    expect((await loadConfig(join(site(), 'server.yaml'), validators)).nova).toBeUndefined();
  });

  it.each([
    [`url: 'http://keystone.example.net/v3', ${account}`, '/nova/keystone/url is no URL that passwords'],
    [`url: 'https://keystone.example.net/', ${account}`, '/nova/keystone/url'],
    [`url: 'https://x:y@keystone.example.net/v3', ${account}`, '/nova/keystone/url'],
    [account, '/nova/keystone misses the field `url`'],
    [
      "url: 'https://keystone.example.net/v3', user: ubugi, passwordFile: absent",
      '/nova/keystone/passwordFile cannot be opened (ENOENT)',
    ],
    [
      `url: 'https://keystone.example.net/v3', ${account}, caFile: absent.pem`,
      '/nova/keystone/caFile cannot be read (ENOENT)',
    ],
    [
      `url: 'https://keystone.example.net/v3', ${account}, caFile: policy.yaml`,
      '/nova/keystone/caFile holds no CA certificates in PEM',
    ],
    [
      `url: 'https://keystone.example.net/v3', ${account}, timeoutSeconds: 5`,
      '/nova/keystone/timeoutSeconds',
    ],
    [
      `url: 'https://keystone.example.net/v3', ${account}, password: x`,
      '/nova/keystone/password is not a known',
    ],
  ])('is wrong: %s', async (keystone, problem) => {
    expect(await problemsOf(site(nova(keystone)))).toEqual([
      expect.stringContaining(`server.yaml:7: ${problem}`),
    ]);
  });

  it('a password that others can read is not used, and not shown', async () => {
    const folder = site(nova(`url: 'https://keystone.example.net/v3', ${account}`));
    chmodSync(join(folder, 'nova.password'), 0o644);
    const problems = await problemsOf(folder);
    expect(problems).toEqual([
      expect.stringContaining('/nova/keystone/passwordFile can be read or written by others (mode 0644)'),
    ]);
    expect(problems.join()).not.toContain(password.trim());
  });

  it('without a role nobody could call, and a name has no line ends', async () => {
    const keystone = `url: 'https://keystone.example.net/v3', ${account}`;
    expect(await problemsOf(site(nova(keystone, 'callerRoles: [], ')))).toEqual([
      expect.stringContaining('server.yaml:7: /nova/callerRoles'),
    ]);
    expect(await problemsOf(site(nova(keystone, 'callerProject: "a\\nb", ')))).toEqual([
      expect.stringContaining('server.yaml:7: /nova/callerProject'),
    ]);
  });
});

describe('placement and removal', () => {
  it('have defaults', async () => {
    const config = await loadConfig(join(site('placement: { staleMinutes: 9 }'), 'server.yaml'), validators);
    expect(config.placement).toEqual({ claims: 'unplaced', staleMinutes: 9, waitingPolls: 20_000 });
    expect(config.removal).toEqual({ graceDays: 7 });
  });

  it.each([
    [
      'placement: { claims: all }',
      '/placement/claims is not one of the allowed values; use one of none, unplaced',
    ],
    ['placement: { staleMinutes: 0 }', '/placement/staleMinutes'],
    ['placement: { waitingPolls: 1.5 }', '/placement/waitingPolls'],
    ['placement: { claim: any }', '/placement/claim is not a known field'],
    ['removal: { graceDays: -1 }', '/removal/graceDays'],
    ['removal: { graceDays: 3651 }', '/removal/graceDays'],
    ['removal: 7', '/removal has the wrong type'],
  ])('are wrong: %s', async (line, problem) => {
    expect(await problemsOf(site(line))).toEqual([expect.stringContaining(`server.yaml:7: ${problem}`)]);
  });
});
