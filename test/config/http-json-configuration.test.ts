import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { createInventory } from '../../server/inventories.ts';
import { instanceId, instanceRecord } from '../harness/inventory-file.ts';
import { type JsonCmdbServer, startJsonCmdb } from '../harness/json-cmdb-server.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

/** A folder with a configuration of these inventories, each in YAML, and further lines. */
function site(inventories: readonly string[], more: readonly string[] = []): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories:',
      ...inventories.map((text) =>
        text
          .trimEnd()
          .split('\n')
          .map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`))
          .join('\n'),
      ),
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
      ...more,
    ].join('\n'),
    'api.key': 'hunter2\n',
    'instances.json': JSON.stringify([instanceRecord(1), instanceRecord(2)]),
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
  });
  for (const name of ['servicenow.password', 'itop.password', 'ralph.token'])
    writeFiles(folder, { [name]: 'x\n' });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

const file = 'name: netbox\nkind: file\npath: instances.json';
const http = (more: string) =>
  [
    'name: cmdb',
    'kind: http-json',
    'url: https://cmdb.example.net/api',
    'authentication: { kind: header, header: X-Key, valueFile: api.key }',
    "list: { path: vms, records: '' }",
    'key: /id',
    'mapping: { id: id, name: name, osFamily: \'"debian"\', owner: owner }',
    more,
  ].join('\n');

it.each(['servicenow.yaml', 'itop.yaml', 'ralph.yaml'])('examples/cmdb/%s is an inventory', async (name) => {
  const example = readFileSync(join(import.meta.dirname, '../../examples/cmdb', name), 'utf8');
  const inventory = example.replace(/^(#.*\n)+/, '');
  expect(await problemsOf(site([inventory]))).toEqual([]);
});

it('joins inventories in the declared order, under the name of the first', async () => {
  const server = await startJsonCmdb(({ headers }) => ({
    status: headers['x-key'] === 'hunter2' ? 200 : 401,
    value: [{ id: instanceId(2), name: 'two', owner: 'alice' }],
  }));
  servers.push(server);
  const cmdb = http('').replace('https://cmdb.example.net/api', server.url);
  const folder = site([file, cmdb], ['inventoryPrecedence: { fields: { name: [cmdb] } }']);
  const config = await loadConfig(join(folder, 'server.yaml'), validators);
  const inventory = await createInventory(config, { validators, clock: systemClock });
  expect(inventory.name).toBe('netbox');
  const { entries } = await inventory.fetchAll(AbortSignal.timeout(30_000));
  expect(entries.map(({ record }) => [record.name, record.owner])).toEqual([
    ['web-01', undefined],
    ['two', 'alice'],
  ]);
  expect(entries[1]?.origins?.get('owner')).toEqual({
    inventory: 'cmdb',
    locator: `id ${instanceId(2)}`,
  });
});

describe('a configuration that is wrong', () => {
  it.each([
    [[http('lookup: { path: vms, records: "" }')], '/inventories/0/lookup asks for some instances, but {id}'],
    [[http('').replace('owner: owner', 'owner: "$now()"')], '/inventories/0/mapping/owner uses $now'],
    [[http('').replace('https:', 'http:')], '/inventories/0/url would send the token in plain text'],
    [[http('').replace('api.key', 'absent')], '/inventories/0/authentication/valueFile cannot be opened'],
    [
      [http('clientCertificate: { certificateFile: absent, keyFile: absent }')],
      '/inventories/0/clientCertificate/keyFile cannot be opened',
    ],
    [[file, file], '/inventories/1/name is the name of another inventory too'],
    [
      [http('').replace('header: X-Key', 'header: "X Key"')],
      '/inventories/0/authentication/header has chara',
    ],
    [[http('').replace("records: ''", 'records: items')], '/inventories/0/list/records has characters'],
  ])('%#', async (inventories, problem) => {
    expect(await problemsOf(site(inventories))).toContainEqual(expect.stringContaining(problem));
  });

  it('a precedence of inventories that are none, and a secret that others can read', async () => {
    const folder = site([http('')], ['inventoryPrecedence: { fields: { owner: [servicenow] } }']);
    chmodSync(join(folder, 'api.key'), 0o644);
    expect(await problemsOf(folder)).toEqual([
      expect.stringContaining('/inventoryPrecedence/fields/owner/0 is no inventory; use cmdb'),
      expect.stringContaining('/inventories/0/authentication/valueFile can be read or written by others'),
    ]);
  });
});
