import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { AppError } from '../../../server/domain/errors.ts';
import { judgeRecords } from '../../../server/inventory/checks/judge-records.ts';
import { createFileInventory } from '../../../server/inventory/file/file-inventory.ts';
import type { Inventory, InventoryChanges, InventorySnapshot } from '../../../server/inventory/inventory.ts';
import { createMergedInventory } from '../../../server/inventory/merged/merged-inventory.ts';
import { instanceId, instanceRecord, makeInventoryFolder } from '../../harness/inventory-file.ts';

const signal = new AbortController().signal;
const validators = createValidators();

/** A CMDB that notes what changes: its cursor is how far its log has come. */
interface LoggedCmdb {
  readonly inventory: Inventory;
  readonly calls: string[];
  put(number: number, more?: Readonly<Record<string, unknown>>): void;
  remove(number: number): void;
  /** Forgets its log, so that cursors are void. */
  forget(): void;
}

function loggedCmdb(name: string, ...numbers: readonly number[]): LoggedCmdb {
  const records = new Map(numbers.map((number) => [number, instanceRecord(number)]));
  const changedAt = new Map<number, string>();
  let log: number[] = [];
  let era = 0;
  const calls: string[] = [];
  const locate = (number: number): string => `${name}/${number}`;

  function judge(some: Iterable<number>): InventorySnapshot {
    const mapped = [...some].flatMap((number) => {
      const value = records.get(number);
      const at = changedAt.get(number);
      if (value === undefined) return [];
      const lastChange = at === undefined ? {} : { lastChange: { by: name, at } };
      return [{ locator: locate(number), value, problems: [], fieldName: String, ...lastChange }];
    });
    return judgeRecords(mapped, validators, name);
  }

  const cursor = (): string => `${era}:${log.length}`;
  return {
    calls,
    inventory: {
      name,
      sources: [name],
      async fetchAll() {
        calls.push('all');
        return { ...judge(records.keys()), cursor: cursor() };
      },
      async fetch(ids) {
        calls.push(`ids ${ids.length}`);
        return judge([...records.keys()].filter((number) => ids.includes(instanceId(number))));
      },
      async fetchNamed(machine) {
        return judge([...records.keys()].filter((number) => records.get(number)?.['name'] === machine));
      },
      async fetchChanges(from) {
        calls.push('changes');
        const [of, length] = from.split(':').map(Number);
        if (of !== era) return undefined;
        const touched = new Set(log.slice(length));
        const gone = [...touched].filter((number) => !records.has(number));
        return { ...judge(touched), removed: gone.map(locate), cursor: cursor() };
      },
    },
    put(number, more = {}) {
      records.set(number, instanceRecord(number, more));
      changedAt.set(number, `2026-01-02T00:00:${String(log.length).padStart(2, '0')}.000Z`);
      log.push(number);
    },
    remove(number) {
      records.delete(number);
      log.push(number);
    },
    forget() {
      era += 1;
      log = [];
    },
  };
}

function merge(lists: 'first' | 'any', ...members: readonly Inventory[]): Inventory {
  return createMergedInventory({
    name: members[0]?.name ?? '',
    inventories: members,
    precedence: { lists, fields: { owner: ['b'] } },
  });
}

async function cursorOf(inventory: Inventory): Promise<string> {
  const { cursor } = await inventory.fetchAll(signal);
  if (cursor === undefined) throw new Error('no cursor');
  return cursor;
}

async function changesOf(inventory: Inventory, cursor: string): Promise<InventoryChanges> {
  const changes = await inventory.fetchChanges?.(cursor, signal);
  if (changes === undefined) throw new Error('no changes');
  return changes;
}

const namesOf = ({ entries }: InventorySnapshot): readonly string[] =>
  entries.map(({ record }) => record.name).toSorted();

describe('changes', () => {
  test('are joined with what the others have, who are asked for just these', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2, 3), loggedCmdb('b', 1, 2, 3)];
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    expect(await changesOf(merged, cursor)).toMatchObject({ entries: [], quarantined: [], removed: [] });

    b.put(2, { owner: 'alice', name: 'other' });
    a.put(3, { project: 'shop' });
    b.calls.length = 0;
    const changes = await changesOf(merged, cursor);
    expect(changes.entries.map(({ record, locator }) => [locator, record.owner, record.project])).toEqual([
      ['a/3', undefined, 'shop'],
      ['a/2', 'alice', undefined],
    ]);
    expect(b.calls).toEqual(['changes', 'ids 1']);
    expect(await changesOf(merged, changes.cursor)).toMatchObject({ entries: [], removed: [] });
    // As whole as if all had been read.
    const whole = await merged.fetchAll(signal);
    for (const entry of changes.entries) expect(whole.entries).toContainEqual(entry);
  });

  test('set aside what one of them sets aside', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2), loggedCmdb('b', 1, 2)];
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    b.put(1, { owner: 'ALL' });
    const { entries, quarantined } = await changesOf(merged, cursor);
    expect([entries, quarantined.map(({ id }) => id)]).toEqual([[], [instanceId(1)]]);
  });

  test('carry the newest change of those that something was taken from', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2), loggedCmdb('b', 1, 2)];
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    a.put(1);
    b.put(2);
    b.put(1, { owner: 'alice' });
    b.put(2, { owner: 'bob' });
    const changes = await changesOf(merged, cursor);
    expect(changes.entries.map(({ lastChange }) => lastChange)).toEqual([
      { by: 'b', at: '2026-01-02T00:00:01.000Z' },
      { by: 'b', at: '2026-01-02T00:00:02.000Z' },
    ]);
    // Nothing of its record is used, so that its change explains nothing.
    b.put(1);
    const { entries } = await changesOf(merged, changes.cursor);
    expect(entries[0]?.lastChange?.by).toBe('a');
  });
});

describe('removals', () => {
  test('of `lists: first` are those of the first; what another loses changes the rest', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2, 3), loggedCmdb('b', 1, 2, 3)];
    b.put(2, { owner: 'alice' });
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    a.remove(1);
    b.remove(2);
    b.remove(3);
    a.remove(3);
    const changes = await changesOf(merged, cursor);
    expect(changes.removed).toEqual(['a/1', 'a/3']);
    expect(changes.entries.map(({ record }) => [record.name, record.owner])).toEqual([['web-02', undefined]]);
    // Told again, as windows overlap: the same again.
    expect(await changesOf(merged, cursor)).toEqual(changes);
  });

  test('of `lists: any` are of instances that nobody has, under the locator they had', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2, 3), loggedCmdb('b', 1, 3, 4)];
    const merged = merge('any', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    a.remove(1);
    a.remove(2);
    b.remove(3);
    b.remove(4);
    const changes = await changesOf(merged, cursor);
    expect(changes.removed).toEqual(['a/2', 'b/4']);
    expect(changes.entries.map(({ locator }) => locator).toSorted()).toEqual(['a/3', 'b/1']);
    b.remove(1);
    expect((await changesOf(merged, changes.cursor)).removed).toEqual(['b/1']);
  });

  test('of a machine that is there again are none', async () => {
    const [a, b] = [loggedCmdb('a', 1), loggedCmdb('b', 1)];
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    a.remove(1);
    a.put(1, { project: 'shop' });
    const { removed, entries } = await changesOf(merged, cursor);
    expect([removed, entries.length]).toEqual([[], 1]);
  });

  test('of machines that were new since are known too', async () => {
    const [a, b] = [loggedCmdb('a'), loggedCmdb('b')];
    const merged = merge('any', a.inventory, b.inventory);
    b.put(5);
    const cursor = await cursorOf(merged);
    b.put(6);
    const changes = await changesOf(merged, cursor);
    expect(namesOf(changes)).toEqual(['web-06']);
    b.remove(6);
    expect((await changesOf(merged, changes.cursor)).removed).toEqual(['b/6']);
  });
});

describe('all is to be read', () => {
  test('where one of them cannot tell, after a restart, and for a cursor of something else', async () => {
    const [a, b] = [loggedCmdb('a', 1), loggedCmdb('b', 1)];
    const merged = merge('first', a.inventory, b.inventory);
    expect(await merged.fetchChanges?.('["x","0:0","0:0"]', signal)).toBeUndefined();
    const cursor = await cursorOf(merged);
    const again = merge('first', a.inventory, b.inventory);
    await again.fetchAll(signal);
    expect(await again.fetchChanges?.(cursor, signal)).toBeUndefined();
    for (const alien of [
      '',
      '{}',
      'null',
      '[]',
      '[1,2,3]',
      cursor.replace(']', ',""]'),
      `${cursor}x`,
      '\0',
    ]) {
      expect(await merged.fetchChanges?.(alien, signal)).toBeUndefined();
    }
    b.forget();
    expect(await merged.fetchChanges?.(cursor, signal)).toBeUndefined();
  });

  test('always, where one of them never can', async () => {
    const [a, b] = [loggedCmdb('a', 1), loggedCmdb('b', 1)];
    const mute: Inventory = {
      name: 'b',
      sources: ['b'],
      fetchAll: (bound) => b.inventory.fetch([instanceId(1)], bound),
      fetch: (ids, bound) => b.inventory.fetch(ids, bound),
      fetchNamed: (name, bound) => b.inventory.fetchNamed(name, bound),
    };
    const merged = merge('first', a.inventory, mute);
    expect(merged).not.toHaveProperty('fetchChanges');
    expect(await merged.fetchAll(signal)).not.toHaveProperty('cursor');
  });

  test('where a file changed, and not as long as it did not', async () => {
    const folder = await makeInventoryFolder();
    onTestFinished(() => folder.remove());
    const path = join(folder.path, 'b.json');
    await writeFile(path, JSON.stringify([instanceRecord(1, { owner: 'alice' })]));
    const a = loggedCmdb('a', 1);
    const merged = merge('first', a.inventory, createFileInventory({ name: 'b', path, validators }));
    const cursor = await cursorOf(merged);
    a.put(1, { project: 'shop' });
    const { entries } = await changesOf(merged, cursor);
    expect(entries.map(({ record }) => [record.project, record.owner])).toEqual([['shop', 'alice']]);
    await writeFile(path, '[]');
    expect(await merged.fetchChanges?.(cursor, signal)).toBeUndefined();
  });

  test('and nothing is told where one of them fails', async () => {
    const [a, b] = [loggedCmdb('a', 1), loggedCmdb('b', 1)];
    const failure = new AppError('inventory-unavailable', 'inventory b: is away');
    let isAway = false;
    const merged = merge('first', a.inventory, {
      ...b.inventory,
      fetch: (ids, bound) => (isAway ? Promise.reject(failure) : b.inventory.fetch(ids, bound)),
    });
    const cursor = await cursorOf(merged);
    a.put(1);
    isAway = true;
    await expect(merged.fetchChanges?.(cursor, signal)).rejects.toBe(failure);
    isAway = false;
    expect((await changesOf(merged, cursor)).entries).toHaveLength(1);
  });
});

describe('one source', () => {
  test('is read whole, the others for its machines', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2), loggedCmdb('b', 2, 3)];
    b.put(2, { owner: 'alice' });
    const merged = merge('first', a.inventory, b.inventory);
    expect(merged.sources).toEqual(['a', 'b']);
    const second = await merged.fetchAll(signal, 'b');
    expect([namesOf(second), second.entries[0]?.record.owner]).toEqual([['web-02'], 'alice']);
    expect([a.calls, b.calls]).toEqual([['ids 2'], ['all']]);
    expect(second).not.toHaveProperty('cursor');
    expect(namesOf(await merged.fetchAll(signal, 'a'))).toEqual(['web-01', 'web-02']);
    await expect(merged.fetchAll(signal, 'c\n')).rejects.toMatchObject({
      code: 'not-found',
      message: 'no inventory c\\u{a}: use one of a, b',
    });
  });

  test('leaves the cursor of the last whole reading as it was', async () => {
    const [a, b] = [loggedCmdb('a', 1), loggedCmdb('b', 1)];
    const merged = merge('first', a.inventory, b.inventory);
    const cursor = await cursorOf(merged);
    await merged.fetchAll(signal, 'a');
    b.put(1, { owner: 'alice' });
    expect((await changesOf(merged, cursor)).entries[0]?.record.owner).toBe('alice');
  });
});

describe('one by name', () => {
  test('is joined by UUID, under the name that counts', async () => {
    const [a, b] = [loggedCmdb('a', 1, 2), loggedCmdb('b', 2)];
    b.put(1, { name: 'other', owner: 'alice' });
    const merged = merge('first', a.inventory, b.inventory);
    const { entries } = await merged.fetchNamed('web-01', signal);
    expect(entries.map(({ record }) => [record.name, record.owner])).toEqual([['web-01', 'alice']]);
    expect((await merged.fetchNamed('other', signal)).entries).toEqual([]);
    expect((await merged.fetchNamed('web-09', signal)).entries).toEqual([]);
  });
});

test('fields that a later schema has are joined like all others', async () => {
  const with_ = (name: string, more: Readonly<Record<string, unknown>>): Inventory => {
    const record = { ...instanceRecord(1), ...more } as unknown as InstanceRecord;
    const snapshot = { entries: [{ record, locator: name }], quarantined: [] };
    const read = async (): Promise<InventorySnapshot> => snapshot;
    return { name, sources: [name], fetchAll: read, fetch: read, fetchNamed: read };
  };
  const merged = merge('first', with_('a', { dns: [] }), with_('b', { dns: ['192.0.2.53'], ntp: ['x'] }));
  expect((await merged.fetchAll(signal)).entries[0]?.record).toMatchObject({
    dns: ['192.0.2.53'],
    ntp: ['x'],
  });
});
