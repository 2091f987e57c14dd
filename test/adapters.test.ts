import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createValidators } from '../schemas/validation/validator.ts';
import { createDirectory } from '../server/adapters.ts';
import { company, companyBase } from './harness/company-directory.ts';
import { type SlapdServer, startSlapd } from './harness/slapd-server.ts';
import { ed25519Line } from './harness/ssh-keys.ts';

let folder: string;
let server: SlapdServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-adapters-'));
  const { ldif } = company('freeipa', [ed25519Line()], 3);
  server = await startSlapd({
    baseDn: companyBase,
    ldif,
    schema: 'freeipa',
    database: 'sizelimit unlimited\nsecurity ssf=128',
  });
  await writeFile(join(folder, 'ca.pem'), server.ca);
  await writeFile(join(folder, 'password'), `${server.password}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a directory is read as the configuration says', async () => {
  const directory = await createDirectory(
    {
      name: 'corp',
      kind: 'ldap',
      url: server.plainUrl,
      startTls: true,
      caFile: join(folder, 'ca.pem'),
      bindDn: server.bindDn,
      passwordFile: join(folder, 'password'),
      baseDn: companyBase,
      netgroupsBaseDn: `cn=more-admins,cn=ng,cn=compat,${companyBase}`,
      schema: 'freeipa',
      attributes: { account: { gecos: 'ipaUniqueID' } },
    },
    { files: ['policy.yaml'], minimumUid: 1000 },
    createValidators(),
  );
  const { accounts, groups, rejected } = await directory.fetchAll(new AbortController().signal);
  await directory.close();
  expect(accounts).toHaveLength(7);
  expect(accounts[0]).toMatchObject({ name: 'alice', gecos: 'id-5001', keys: [{ type: 'ssh-ed25519' }] });
  expect(groups).toHaveLength(3);
  // The netgroup of the role is outside the base that is given.
  expect(rejected.map(({ message }) => message)).toContain(
    'names the netgroup +admins, which is not in the directory',
  );
});
