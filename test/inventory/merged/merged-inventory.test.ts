import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { AppError } from '../../../server/domain/errors.ts';
import { createFileInventory } from '../../../server/inventory/file/file-inventory.ts';
import type { Inventory, InventorySnapshot } from '../../../server/inventory/inventory.ts';
import { createMergedInventory } from '../../../server/inventory/merged/merged-inventory.ts';
import { instanceId, instanceRecord, makeInventoryFolder } from '../../harness/inventory-file.ts';

const signal = new AbortController().signal;
const validators = createValidators();

/** Inventories in files, by name in order of precedence. */
async function inventories(
  contents: Readonly<Record<string, readonly unknown[]>>,
): Promise<readonly Inventory[]> {
  const folder = await makeInventoryFolder();
  onTestFinished(() => folder.remove());
  return await Promise.all(
    Object.entries(contents).map(async ([name, records]) => {
      const path = join(folder.path, `${name}.json`);
      await writeFile(path, JSON.stringify(records, undefined, 1));
      return createFileInventory({ name, path, validators });
    }),
  );
}

const originsOf = (snapshot: InventorySnapshot) =>
  Object.fromEntries(
    [...(snapshot.entries[0]?.origins ?? [])].map(([field, { inventory }]) => [field, inventory]),
  );

describe('fields', () => {
  const contents = {
    netbox: [instanceRecord(1, { project: 'web', tags: [] })],
    servicenow: [
      instanceRecord(1, {
        name: 'other-name',
        project: 'shop',
        owner: 'alice',
        tags: ['gold'],
        interfaces: [],
      }),
    ],
  };

  test('come from the first that has them, and say from which', async () => {
    const merged = createMergedInventory({
      name: 'netbox',
      inventories: await inventories(contents),
      precedence: { lists: 'first', fields: {} },
    });
    const snapshot = await merged.fetchAll(signal);
    expect(snapshot.entries.map(({ record }) => record)).toEqual([
      { ...instanceRecord(1), project: 'web', owner: 'alice', tags: ['gold'] },
    ]);
    expect(snapshot.entries[0]?.locator).toBe('netbox.json line 2 (web-01)');
    expect(originsOf(snapshot)).toEqual({
      id: 'netbox',
      name: 'netbox',
      osFamily: 'netbox',
      interfaces: 'netbox',
      project: 'netbox',
      owner: 'servicenow',
      tags: 'servicenow',
    });
    expect(snapshot.entries[0]?.origins?.get('owner')?.locator).toBe('servicenow.json line 2 (other-name)');
  });

  test('come in the declared order, others after it', async () => {
    const merged = createMergedInventory({
      name: 'netbox',
      inventories: await inventories(contents),
      precedence: {
        lists: 'first',
        fields: { project: ['servicenow'], interfaces: ['servicenow', 'netbox'], owner: ['netbox'] },
      },
    });
    const { entries } = await merged.fetchAll(signal);
    expect(entries[0]?.record).toMatchObject({ project: 'shop', owner: 'alice', name: 'web-01' });
    expect(entries[0]?.record.interfaces).toHaveLength(1);
  });

  test('that belong together stay together: bonds and VLANs come with the interfaces that they name', async () => {
    const [one, two] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
    const links = {
      interfaces: [{ mac: one }, { mac: two }],
      bonds: [{ name: 'bond0', mode: 'active-backup', members: [one, two] }],
      vlans: [{ name: 'bond0.7', id: 7, link: 'bond0' }],
    };
    const read = async (fields: object) => {
      const merged = createMergedInventory({
        name: 'a',
        inventories: await inventories({ a: [instanceRecord(1)], b: [instanceRecord(1, links)] }),
        precedence: { lists: 'first', fields },
      });
      return (await merged.fetchAll(signal)).entries[0];
    };
    const plain = await read({});
    expect([plain?.record.interfaces, plain?.record.bonds, plain?.record.vlans]).toEqual([
      instanceRecord(1)['interfaces'],
      undefined,
      undefined,
    ]);
    const other = await read({ interfaces: ['b'] });
    expect(other?.record).toMatchObject(links);
    expect(other?.origins?.get('bonds')?.inventory).toBe('b');
  });

  test('that belong together stay valid together: a name that is no host name brings its host name', async () => {
    const merged = createMergedInventory({
      name: 'a',
      inventories: await inventories({
        a: [instanceRecord(1)],
        b: [instanceRecord(1, { name: '0_b', hostname: 'b' })],
      }),
      precedence: { lists: 'first', fields: { name: ['b'] } },
    });
    expect((await merged.fetchAll(signal)).entries[0]?.record).toMatchObject({ name: '0_b', hostname: 'b' });
  });
});

describe('instances', () => {
  const contents = {
    a: [instanceRecord(1), instanceRecord(2), instanceRecord(4, { osFamily: 'plan9' })],
    b: [instanceRecord(2, { owner: 'ALL' }), instanceRecord(3), instanceRecord(4), { id: 7 }],
  };

  test('are those of the first', async () => {
    const merged = createMergedInventory({
      name: 'a',
      inventories: await inventories(contents),
      precedence: { lists: 'first', fields: {} },
    });
    const { entries, quarantined } = await merged.fetchAll(signal);
    expect(entries.map(({ record }) => record.id)).toEqual([instanceId(1)]);
    expect(quarantined.map(({ id, problems }) => [id, problems[0]?.source])).toEqual([
      [instanceId(4), 'a'],
      [instanceId(2), 'b'],
      [undefined, 'b'],
    ]);
  });

  test('or those of any, where so declared', async () => {
    const merged = createMergedInventory({
      name: 'a',
      inventories: await inventories(contents),
      precedence: { lists: 'any', fields: {} },
    });
    const { entries } = await merged.fetchAll(signal);
    expect(entries.map(({ record }) => record.id)).toEqual([instanceId(1), instanceId(3)]);
    const one = await merged.fetch([instanceId(3)], signal);
    expect(one.entries.map(({ locator }) => locator)).toEqual(['b.json line 20 (web-03)']);
  });
});

test('one inventory that fails fails the whole, and ends the reading of the others', async () => {
  const [good] = await inventories({ good: [instanceRecord(1)] });
  let ended = false;
  const waiting: Inventory = {
    name: 'waiting',
    sources: ['waiting'],
    fetchNamed: async () => ({ entries: [], quarantined: [] }),
    fetch: async () => ({ entries: [], quarantined: [] }),
    fetchAll: (bound) =>
      new Promise((_, reject) => {
        bound.addEventListener('abort', () => {
          ended = true;
          reject(new Error('ended'));
        });
      }),
  };
  const failure = new AppError('inventory-unavailable', 'inventory bad: is away');
  const bad: Inventory = { ...waiting, name: 'bad', fetchAll: () => Promise.reject(failure) };
  const merged = createMergedInventory({
    name: 'good',
    inventories: [good ?? bad, waiting, bad],
    precedence: { lists: 'first', fields: {} },
  });
  await expect(merged.fetchAll(signal)).rejects.toBe(failure);
  expect(ended).toBe(true);
});

test('names that are used twice or that nobody has are refused', async () => {
  const two = await inventories({ a: [], b: [] });
  const [a] = two;
  const make = (list: readonly Inventory[], order: readonly string[]) => () =>
    createMergedInventory({
      name: 'a',
      inventories: list,
      precedence: { lists: 'first', fields: { owner: order } },
    });
  expect(make([...two, ...(a === undefined ? [] : [a])], [])).toThrow('two inventories have the same name');
  expect(make(two, ['c'])).toThrow('names c, but there is no such inventory: use a, b');
});
