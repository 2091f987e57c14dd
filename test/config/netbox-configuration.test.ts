import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { createInventory } from '../../server/inventories.ts';
import { makeCertificates } from '../harness/certificates.ts';
import { netboxLists } from '../harness/netbox/netbox-objects.ts';
import { type NetboxServer, startNetboxServer, testToken } from '../harness/netbox/netbox-server.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const servers: NetboxServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

/** A folder with a configuration whose inventory has these lines. */
function site(inventory: readonly string[], token = `${testToken}\n`): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories:',
      '  - name: cmdb',
      '    kind: netbox',
      ...inventory.map((line) => `    ${line}`),
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
    ].join('\n'),
    'netbox.token': token,
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
  });
  mkdirSync(join(folder, 'payload'));
  chmodSync(join(folder, 'netbox.token'), 0o600);
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

it('reads a NetBox behind TLS, as the configuration says', async () => {
  const folder = site([]);
  const { caFile, certificateFile, keyFile } = await makeCertificates(folder, 'IP:127.0.0.1');
  const server = await startNetboxServer(netboxLists(3), { tls: { certificateFile, keyFile } });
  servers.push(server);
  const read = async (...lines: readonly string[]) => {
    const configured = site([`url: ${server.url}`, 'tokenFile: netbox.token', ...lines]);
    const { inventories } = await loadConfig(join(configured, 'server.yaml'), validators);
    const inventory = await createInventory({ inventories }, { validators, clock: systemClock });
    return (await inventory.fetchAll(AbortSignal.timeout(30_000))).entries.map(({ record }) => record);
  };
  await expect(read()).rejects.toMatchObject({
    code: 'inventory-unavailable',
    message: expect.stringContaining('is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): check caFile'),
  });
  expect(await read(`caFile: ${caFile}`)).toHaveLength(3);
  expect(
    await read(
      `caFile: ${caFile}`,
      'filter: { status: [active, staged], tag: front-end }',
      'mapping: { project: [custom_fields.owner], owner: [], creator: [changelog], gateway4: [] }',
    ),
  ).toContainEqual(expect.objectContaining({ project: 'anna', creator: 'claire' }));
  expect(server.requests.at(-1)?.path).toBe('core/object-changes/');
});

describe('a configuration that is wrong', () => {
  it.each([
    [
      ['url: http://netbox.example.net', 'tokenFile: netbox.token'],
      '/url would send the token in plain text',
    ],
    [['url: https://a:b@netbox.example.net', 'tokenFile: netbox.token'], '/url has characters or a form'],
    [['url: https://netbox.example.net', 'tokenFile: absent'], '/tokenFile cannot be opened (ENOENT)'],
    [['url: https://netbox.example.net'], ' misses the field `tokenFile`'],
    [
      ['url: https://netbox.example.net', 'tokenFile: netbox.token', 'caFile: absent.pem'],
      '/caFile cannot be read (ENOENT)',
    ],
    [
      ['url: https://netbox.example.net', 'tokenFile: netbox.token', 'filter: { limit: "7" }'],
      '/filter has a key that has characters or a form',
    ],
    [
      ['url: https://netbox.example.net', 'tokenFile: netbox.token', 'mapping: { id: [name] }'],
      '/mapping/id/0 has characters or a form',
    ],
    [
      ['url: https://netbox.example.net', 'tokenFile: netbox.token', 'mapping: { gateway4: [gw] }'],
      '/mapping/gateway4/0 has characters or a form',
    ],
  ])('%o', async (lines, problem) => {
    expect(await problemsOf(site(lines))).toContainEqual(expect.stringContaining(`/inventories/0${problem}`));
  });

  it('a token that others can read, or that is none', async () => {
    const lines = ['url: https://netbox.example.net', 'tokenFile: netbox.token'];
    const open = site(lines);
    chmodSync(join(open, 'netbox.token'), 0o644);
    expect(await problemsOf(open)).toEqual([
      expect.stringContaining('/inventories/0/tokenFile can be read or written by others'),
    ]);
    const { inventories } = await loadConfig(join(site(lines, 'hunter2\n'), 'server.yaml'), validators);
    await expect(createInventory({ inventories }, { validators, clock: systemClock })).rejects.toMatchObject({
      code: 'configuration-invalid',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});
