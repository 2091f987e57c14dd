import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { checkConfig, loadConfig } from '../../server/config/load-config.ts';
import { makeCertificates } from '../harness/certificates.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();

async function site(reporting: string): Promise<string> {
  const folder = scratchFolder();
  await makeCertificates(folder, 'IP:127.0.0.1');
  writeFiles(folder, {
    'server.yaml': [
      'store: { kind: sqlite, path: ubugi.db }',
      'signing: { keyFile: signing.key }',
      'inventories: [{ name: cmdb, kind: file, path: instances.csv }]',
      "directory: { name: people, kind: embedded, ldifFile: people.ldif, baseDn: 'dc=example' }",
      'policy: { files: [policy.yaml] }',
      'drive: { payloadFolder: payload }',
      reporting,
    ].join('\n'),
    'instances.csv': 'id,name\n',
    'people.ldif': 'version: 1\n',
    'policy.yaml': 'access: []\n',
    'both.pem':
      (await readFile(join(folder, 'ca.pem'), 'utf8')) + (await readFile(join(folder, 'ca.key'), 'utf8')),
  });
  mkdirSync(join(folder, 'payload'));
  return folder;
}

it('a hundred reports of each instance are kept and nothing is on the drive, unless it says so', async () => {
  const plain = await loadConfig(join(await site(''), 'server.yaml'), validators);
  expect(plain.reporting).toEqual({ keep: 100 });
  const folder = await site("reporting: { url: 'https://ubugi.example.com:8443', caFile: ca.pem, keep: 7 }");
  const { reporting } = await loadConfig(join(folder, 'server.yaml'), validators);
  expect(reporting).toEqual({
    url: 'https://ubugi.example.com:8443',
    caFile: join(folder, 'ca.pem'),
    keep: 7,
  });
  const loopback = await site("reporting: { url: 'http://[::1]:80' }");
  expect((await checkConfig(join(loopback, 'server.yaml'), validators)).kind).toBe('valid');
});

it.each([
  ["{ url: 'http://ubugi.example.com' }", '/reporting/url would send tokens and reports in plain text'],
  ["{ url: 'http://127.0.0.1.example.com' }", '/reporting/url would send tokens and reports in plain text'],
  ["{ url: 'https://user@ubugi.example.com' }", '/reporting/url is not the URL of a server'],
  ["{ url: 'https://ubugi.example.com/?a=b' }", '/reporting/url is not the URL of a server'],
  ["{ url: 'ftp://ubugi.example.com' }", '/reporting/url'],
  ['{ url: "https://ubugi.example.com/\\u0022 -o /etc/passwd" }', '/reporting/url'],
  ['{ caFile: ca.pem }', '/reporting/caFile is of no use without reporting.url'],
  ["{ url: 'https://a.example', caFile: none.pem }", '/reporting/caFile cannot be read'],
  ["{ url: 'https://a.example', caFile: policy.yaml }", '/reporting/caFile holds no CA certificates'],
  ["{ url: 'https://a.example', caFile: both.pem }", '/reporting/caFile holds a private key too'],
  ['{ keep: 0 }', '/reporting/keep'],
])('%s is refused', async (reporting, message) => {
  const folder = await site(`reporting: ${reporting}`);
  const reading = await checkConfig(join(folder, 'server.yaml'), validators);
  const problems = reading.kind === 'valid' ? [] : reading.problems.map(formatFileProblem);
  expect(problems).toEqual([expect.stringContaining(message)]);
});
