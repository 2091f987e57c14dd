import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { readPolicy } from '../../server/config/policy-files.ts';
import { createEmbeddedDirectory } from '../../server/directory/embedded/embedded-directory.ts';
import { createFileInventory } from '../../server/inventory/file/file-inventory.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'demo');
const validators = createValidators();
const signal = new AbortController().signal;

test('every instance of the demo is good', async () => {
  const inventory = createFileInventory({ name: 'cmdb', path: join(folder, 'instances.yaml'), validators });
  const { entries, quarantined } = await inventory.fetchAll(signal);
  expect(quarantined).toEqual([]);
  expect(entries.map(({ record }) => record.name)).toEqual(['web-01', 'web-02', 'db-01']);
  expect(entries[0]).toMatchObject({
    locator: 'instances.yaml line 3 (web-01)',
    record: { id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01', interfaces: [{ mac: '52:54:00:12:34:56' }] },
  });
});

test('nothing in the directory of the demo is refused', async () => {
  const directory = createEmbeddedDirectory({
    name: 'demo',
    ldifFile: join(folder, 'directory.ldif'),
    baseDn: 'dc=example,dc=com',
    minimumUid: 1000,
    validators,
  });
  try {
    const snapshot = await directory.fetchAll(signal);
    expect(snapshot.rejected).toEqual([]);
    expect(snapshot.accounts.map(({ name, keys }) => [name, keys.length])).toEqual([
      ['alice', 1],
      ['bob', 1],
      ['carol', 1],
      ['dave', 1],
    ]);
    const gids = new Set(snapshot.groups.map(({ gid }) => gid));
    expect(snapshot.accounts.filter(({ gid }) => !gids.has(gid))).toEqual([]);
    expect(snapshot.sudoRoles.map(({ name, users, tags }) => [name, users, tags])).toEqual([
      ['web-restart', ['%web-admins'], ['NOPASSWD']],
      ['db-backup', ['%db-admins'], ['NOPASSWD']],
    ]);
  } finally {
    await directory.close();
  }
});

test('the policy of the demo is valid', async () => {
  const reading = await readPolicy([join(folder, 'policy.yaml')], validators, { minimumUid: 1000 });
  expect(reading).toMatchObject({
    kind: 'valid',
    document: { policy: { breakGlass: [{ name: 'rescue' }] } },
  });
});
