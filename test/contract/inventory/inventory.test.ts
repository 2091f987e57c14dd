import { afterEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import type { Inventory, InventorySnapshot } from '../../../server/inventory/inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { backends } from './backends.ts';
import type { CmdbMachine, TestCmdb } from './inventory-backend.ts';

const signal = new AbortController().signal;
const validators = createValidators();
const unknown = instanceId(999);

function machine(number: number, changes: Partial<CmdbMachine> = {}): CmdbMachine {
  return { number, id: instanceId(number), name: `web-0${number}`, ...changes };
}

function names({ entries }: InventorySnapshot): readonly string[] {
  return entries.map(({ record }) => record.name).toSorted();
}

/** What every adapter of a CMDB promises (`server/inventory/inventory.ts`). */
describe.each(backends)('an inventory of kind $name', (backend) => {
  const open: TestCmdb[] = [];
  afterEach(async () => {
    for (const cmdb of open.splice(0)) await cmdb.close();
  });

  async function cmdbOf(...machines: readonly CmdbMachine[]): Promise<TestCmdb> {
    const cmdb = await backend.open(machines);
    open.push(cmdb);
    return cmdb;
  }

  test('lists all machines, each valid, each in a place of its own', async () => {
    const { inventory } = await cmdbOf(machine(1), machine(2), machine(3));
    expect(inventory.sources).toContain(inventory.name);
    const whole = await inventory.fetchAll(signal);
    expect(names(whole)).toEqual(['web-01', 'web-02', 'web-03']);
    expect(whole.quarantined).toEqual([]);
    expect(new Set(whole.entries.map(({ locator }) => locator)).size).toBe(3);
    for (const { record } of whole.entries)
      expect(validators.instanceRecord(record)).toMatchObject({ kind: 'valid' });
  });

  test('lists nothing where there is nothing', async () => {
    const { inventory } = await cmdbOf();
    expect(await inventory.fetchAll(signal)).toMatchObject({ entries: [], quarantined: [] });
  });

  test('sets a wrong record aside with its UUID, place and problem, and lists the others', async () => {
    const { inventory } = await cmdbOf(machine(1), machine(2, { name: 'web 02\nroot' }));
    const whole = await inventory.fetchAll(signal);
    expect(names(whole)).toEqual(['web-01']);
    const [wrong] = whole.quarantined;
    expect(wrong).toMatchObject({ id: instanceId(2), locator: expect.stringMatching(/./) });
    expect(wrong?.problems[0]?.message).toMatch(/./);
    expect(wrong?.problems[0]?.remedy).toMatch(/./);
    expect(JSON.stringify(wrong)).not.toContain('\\n');
  });

  test('sets two records of one UUID aside, both', async () => {
    const { inventory } = await cmdbOf(machine(1), machine(2), machine(3, { id: instanceId(2) }));
    const whole = await inventory.fetchAll(signal);
    expect(names(whole)).toEqual(['web-01']);
    expect(new Set(whole.quarantined.map(({ id }) => id))).toEqual(new Set([instanceId(2)]));
  });

  test('gives just the machines asked for, by UUID in any case', async () => {
    const { inventory } = await cmdbOf(machine(1), machine(2), machine(3));
    const some = await inventory.fetch([instanceId(3).toUpperCase(), instanceId(1), unknown], signal);
    expect(names(some)).toEqual(['web-01', 'web-03']);
    expect(await inventory.fetch([unknown], signal)).toMatchObject({ entries: [], quarantined: [] });
    expect(await inventory.fetch([], signal)).toMatchObject({ entries: [], quarantined: [] });
  });

  test('gives just the machine of a name, which is neither a part nor a pattern', async () => {
    const { inventory } = await cmdbOf(machine(1, { name: 'web-1' }), machine(2, { name: 'web-10' }));
    expect(names(await inventory.fetchNamed('web-1', signal))).toEqual(['web-1']);
    for (const name of ['web', '*', 'web-%', '', 'a&name=web-1', '"', 'web-1\n', "' OR '1'='1"])
      expect(names(await inventory.fetchNamed(name, signal))).toEqual([]);
  });

  /** What the CMDB says has changed; all of it where it must be read whole. */
  async function changesOf(inventory: Inventory, cursor: string) {
    const changes = await inventory.fetchChanges?.(cursor, signal);
    if (changes !== undefined) return { changes, all: undefined };
    return { changes: undefined, all: await inventory.fetchAll(signal) };
  }

  test('tells what changed since a reading, or that it must be read whole', async () => {
    const cmdb = await cmdbOf(machine(1), machine(2), machine(3));
    const whole = await cmdb.inventory.fetchAll(signal);
    const gone = whole.entries.find(({ record }) => record.name === 'web-03')?.locator;
    await cmdb.put(machine(2, { name: 'db-02' }));
    await cmdb.put(machine(4));
    await cmdb.remove(3);
    const { changes, all } = await changesOf(cmdb.inventory, whole.cursor ?? '');
    if (changes === undefined) expect(names(all ?? whole)).toEqual(['db-02', 'web-01', 'web-04']);
    else {
      expect(names(changes)).toEqual(expect.arrayContaining(['db-02', 'web-04']));
      expect(names(changes)).not.toContain('web-03');
      expect(changes.removed).toContain(gone);
    }
  });

  test('takes nothing out where nothing changed', async () => {
    const { inventory } = await cmdbOf(machine(1), machine(2));
    const { cursor = '' } = await inventory.fetchAll(signal);
    const { changes, all } = await changesOf(inventory, cursor);
    expect(changes?.removed ?? []).toEqual([]);
    expect(changes?.quarantined ?? []).toEqual([]);
    if (all !== undefined) expect(names(all)).toEqual(['web-01', 'web-02']);
  });

  test.each(['', 'x', '{}', '{"v":1}', '[]', 'null', '9'.repeat(400)])(
    'must be read whole for a cursor that it never gave: %s',
    async (cursor) => {
      const { inventory } = await cmdbOf(machine(1));
      expect(await inventory.fetchChanges?.(cursor, signal)).toBeUndefined();
    },
  );

  test('fails whole, whatever is asked, when the CMDB does', async () => {
    const cmdb = await cmdbOf(machine(1));
    const { cursor } = await cmdb.inventory.fetchAll(signal);
    await cmdb.breakDown();
    const unavailable = { code: 'inventory-unavailable', message: expect.stringContaining('cmdb') };
    await expect(cmdb.inventory.fetchAll(signal)).rejects.toMatchObject(unavailable);
    await expect(cmdb.inventory.fetch([instanceId(1)], signal)).rejects.toMatchObject(unavailable);
    await expect(cmdb.inventory.fetchNamed('web-01', signal)).rejects.toMatchObject(unavailable);
    if (cursor !== undefined)
      await expect(cmdb.inventory.fetchChanges?.(cursor, signal)).rejects.toMatchObject(unavailable);
  });

  test('ends with its signal', async () => {
    const { inventory } = await cmdbOf(machine(1));
    await expect(inventory.fetchAll(AbortSignal.abort())).rejects.toMatchObject({
      code: 'inventory-unavailable',
    });
  });
});
