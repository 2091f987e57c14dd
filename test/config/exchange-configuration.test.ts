import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const signer = `ubugi namespaces="ubugi-export" ssh-ed25519 ${key}\n`;

/** A folder with a configuration that trusts the signers of a file. */
function site(signers: string, exchange = '{ trustedSigners: sites }'): string {
  const folder = writeFiles(scratchFolder(), {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories: [{ name: cmdb, kind: file, path: instances.csv }]',
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
      `exchange: ${exchange}`,
    ].join('\n'),
    'instances.csv': 'id,name\n',
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
    sites: signers,
  });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems;
  return problems.map((problem) => formatFileProblem(problem).replaceAll(`${folder}/`, ''));
}

it('the signers of other sites stand in a file beside the configuration', async () => {
  const folder = site(`# paris\n${signer}`);
  const config = await loadConfig(join(folder, 'server.yaml'), validators);
  expect(config.exchange).toEqual({ trustedSigners: join(folder, 'sites') });
  expect((await loadConfig(join(site('', '{}'), 'server.yaml'), validators)).exchange).toEqual({});
});

describe('signers that must not be used', () => {
  it.each([
    [`${signer}ubugi ssh-ed25519 nonsense\n`, 'is wrong in line 2: the key is not proper base64'],
    [`ubugi cert-authority ssh-ed25519 ${key}\n`, 'is wrong in line 1: cert-authority is not allowed'],
    ['#'.repeat(1024 * 1024 + 1), 'is larger than 1048576 bytes'],
  ])('%#', async (text, problem) => {
    expect(await problemsOf(site(text))).toEqual([
      expect.stringContaining(`server.yaml:7: /exchange/trustedSigners ${problem}`),
    ]);
  });

  it('a file that others can write, that is none, or that is absent', async () => {
    const folder = site(signer);
    chmodSync(join(folder, 'sites'), 0o664);
    expect(await problemsOf(folder)).toEqual([
      'server.yaml:7: /exchange/trustedSigners can be written by others (mode 0664); run `chmod 644` on it',
    ]);
    expect(await problemsOf(site(signer, '{ trustedSigners: payload }'))).toEqual([
      expect.stringContaining('/exchange/trustedSigners is not a regular file'),
    ]);
    expect(await problemsOf(site(signer, '{ trustedSigners: absent }'))).toEqual([
      expect.stringContaining('/exchange/trustedSigners cannot be opened (ENOENT)'),
    ]);
    expect(await problemsOf(site(signer, '{ trustedSigner: sites }'))).toEqual([
      expect.stringContaining('/exchange/trustedSigner is not a known field'),
    ]);
  });
});
