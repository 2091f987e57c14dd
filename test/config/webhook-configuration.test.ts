import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { webhookInventory } from '../../server/config/webhook-rules.ts';
import { testToken } from '../harness/netbox/netbox-server.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const netbox = (name: string) =>
  `{ name: ${name}, kind: netbox, url: 'https://netbox.example.net', tokenFile: netbox.token, mapping: { id: [custom_fields.uuid] } }`;
const file = (name: string) => `{ name: ${name}, kind: file, path: people.ldif }`;

/** A folder with a configuration of these inventories and webhooks. */
function site(inventories: readonly string[], webhook: string, secret = 'a-secret-of-the-webhook\n'): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories:',
      ...inventories.map((inventory) => `  - ${inventory}`),
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
      `webhooks: { netbox: ${webhook} }`,
    ].join('\n'),
    'netbox.token': testToken,
    'webhook.secret': secret,
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
  });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

it('webhooks belong to the only NetBox, or to the one that is named', async () => {
  const one = site([netbox('cmdb'), file('extra')], '{ secretFile: webhook.secret }');
  const config = await loadConfig(join(one, 'server.yaml'), validators);
  expect(config.webhooks?.netbox?.secretFile).toBe(join(one, 'webhook.secret'));
  expect(webhookInventory(config)).toMatchObject({ name: 'cmdb', mapping: { id: ['custom_fields.uuid'] } });
  expect(config.sync).toEqual({
    intervalSeconds: 300,
    fullIntervalSeconds: 86_400,
    hintDelaySeconds: 2,
    lookupSeconds: 2,
  });
  const two = site([netbox('east'), netbox('west')], '{ secretFile: webhook.secret, inventory: west }');
  expect(webhookInventory(await loadConfig(join(two, 'server.yaml'), validators))?.name).toBe('west');
});

describe('a configuration that is wrong', () => {
  it.each([
    [
      [netbox('east'), netbox('west')],
      '{ secretFile: webhook.secret }',
      '/webhooks/netbox does not say which',
    ],
    [[file('cmdb')], '{ secretFile: webhook.secret }', '/webhooks/netbox does not say which'],
    [
      [netbox('cmdb'), file('extra')],
      '{ secretFile: webhook.secret, inventory: extra }',
      '/webhooks/netbox/inventory is no inventory of kind netbox',
    ],
    [[netbox('cmdb')], '{ secretFile: absent }', '/webhooks/netbox/secretFile cannot be opened (ENOENT)'],
    [[netbox('cmdb')], '{}', '/webhooks/netbox misses the field `secretFile`'],
  ])('%j with %s', async (inventories, webhook, problem) => {
    expect(await problemsOf(site(inventories, webhook))).toEqual([expect.stringContaining(problem)]);
  });

  it('a secret that others can read, or that can be guessed', async () => {
    const open = site([netbox('cmdb')], '{ secretFile: webhook.secret }');
    chmodSync(join(open, 'webhook.secret'), 0o644);
    expect(await problemsOf(open)).toEqual([
      expect.stringContaining('/webhooks/netbox/secretFile can be read or written by others'),
    ]);
    const short = await problemsOf(site([netbox('cmdb')], '{ secretFile: webhook.secret }', 'hunter2\n'));
    expect(short).toEqual([expect.stringContaining('/webhooks/netbox/secretFile holds less than 16')]);
    expect(short.join()).not.toContain('hunter2');
  });
});
