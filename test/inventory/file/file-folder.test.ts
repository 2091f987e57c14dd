import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createFileInventory } from '../../../server/inventory/file/file-inventory.ts';
import { defaultReadingLimits } from '../../../server/inventory/file/raw-record.ts';
import type { Inventory } from '../../../server/inventory/inventory.ts';
import { instanceId, instanceRecord, makeInventoryFolder } from '../../harness/inventory-file.ts';

const signal = new AbortController().signal;
const validators = createValidators();
let path: string;

beforeEach(async () => {
  const folder = await makeInventoryFolder();
  onTestFinished(() => folder.remove());
  path = folder.path;
});

const inFolder = (name: string): string => join(path, name);
const write = (name: string, ...numbers: readonly number[]): Promise<void> =>
  writeFile(inFolder(name), JSON.stringify(numbers.map((number) => instanceRecord(number))));
const open = (at = path, limits = defaultReadingLimits): Inventory =>
  createFileInventory({ name: 'cmdb', path: at, validators, limits });

describe('a folder', () => {
  test('is all files in it, by name, whatever their format', async () => {
    await write('b.json', 2);
    await write('a.yaml', 3);
    await writeFile(inFolder('c.CSV'), `id,name,osFamily\n${instanceId(1)},web-01,debian\n`);
    await write('.hidden.json', 4);
    await write('notes.txt', 5);
    await mkdir(inFolder('more'));
    await write('more/d.json', 6);
    const { entries } = await open().fetchAll(signal);
    expect(entries.map(({ locator }) => locator)).toEqual([
      'a.yaml line 1 (web-03)',
      'b.json line 1 (web-02)',
      'c.CSV line 2 (web-01)',
    ]);
    const one = await open().fetch([instanceId(2)], signal);
    expect(one.entries.map(({ record }) => record.name)).toEqual(['web-02']);
    const named = await open().fetchNamed('web-03', signal);
    expect(named.entries.map(({ record }) => record.id)).toEqual([instanceId(3)]);
  });

  test('without files lists no machine', async () => {
    expect((await open().fetchAll(signal)).entries).toEqual([]);
  });

  test('sets a machine that stands in two files aside, in both', async () => {
    await write('a.json', 1, 2);
    await write('b.yaml', 2, 3);
    const { entries, quarantined } = await open().fetchAll(signal);
    expect(entries.map(({ record }) => record.name)).toEqual(['web-01', 'web-03']);
    expect(quarantined.map(({ locator, problems }) => [locator, problems[0]?.message])).toEqual([
      ['a.json line 1 (web-02)', 'is also that of b.yaml line 1 (web-02)'],
      ['b.yaml line 1 (web-02)', 'is also that of a.json line 1 (web-02)'],
    ]);
  });

  test('fails with the name of a file that is bad', async () => {
    await write('a.json', 1);
    await writeFile(inFolder('b.json'), '[\n{"a"}]');
    await expect(open().fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining(`inventory cmdb: ${inFolder('b.json')} line 2: is not JSON`),
    });
  });

  test('follows no symbolic link, and waits for no FIFO', async () => {
    await write('a.json', 1);
    await symlink('/etc/passwd', inFolder('b.csv'));
    await expect(open().fetchAll(signal)).rejects.toThrow(`${path}: has b.csv, which is a symbolic link`);
    await rm(inFolder('b.csv'));
    execFileSync('mkfifo', [inFolder('b.csv')]);
    await expect(open().fetchAll(signal)).rejects.toThrow('has b.csv, which is not a regular file');
    await rm(inFolder('b.csv'));
    await mkdir(inFolder('b\n.csv'));
    await expect(open().fetchAll(signal)).rejects.toThrow('has b\\u{a}.csv, which is not a regular file');
  });

  test('may be a symbolic link itself, and so may the one file', async () => {
    await mkdir(inFolder('real'));
    await write('real/a.json', 1);
    await symlink('real', inFolder('link'));
    await symlink('real/a.json', inFolder('link.json'));
    for (const at of ['link', 'link.json']) {
      expect((await open(inFolder(at)).fetchAll(signal)).entries).toHaveLength(1);
    }
  });

  test('has bounds for all files together', async () => {
    await write('a.json', 1);
    await write('b.json', 2);
    const bounded = (more: Partial<typeof defaultReadingLimits>): Promise<unknown> =>
      open(path, { ...defaultReadingLimits, ...more }).fetchAll(signal);
    await expect(bounded({ files: 1 })).rejects.toThrow('has more than 1 files');
    await expect(bounded({ bytes: 300 })).rejects.toThrow(/b\.json: is larger than \d+ bytes/);
  });
});

describe.each(['a folder', 'a file'])('what changed in %s', (kind) => {
  const at = (): string => (kind === 'a folder' ? path : inFolder('a.json'));
  const changes = async (cursor: string | undefined): Promise<unknown> =>
    await open(at()).fetchChanges?.(cursor ?? '', signal);

  test('is nothing, or unknown', async () => {
    await write('a.json', 1);
    const { cursor } = await open(at()).fetchAll(signal);
    const nothing = { entries: [], quarantined: [], removed: [], cursor };
    expect(await changes(cursor)).toEqual(nothing);
    // Touched, or replaced by the same: still nothing.
    await utimes(inFolder('a.json'), 1, 1);
    expect(await changes(cursor)).toEqual(nothing);
    await write('new.tmp', 1);
    await rename(inFolder('new.tmp'), inFolder('a.json'));
    expect(await changes(cursor)).toEqual(nothing);
    // Of the same size and time.
    await write('a.json', 2);
    await utimes(inFolder('a.json'), 1, 1);
    expect(await changes(cursor)).toBeUndefined();
    for (const alien of [undefined, '', '1.', `${cursor}0`, `0${cursor}`, '\0'])
      expect(await changes(alien)).toBeUndefined();
  });

  test('cannot be told of what is gone', async () => {
    await write('a.json', 1);
    const { cursor } = await open(at()).fetchAll(signal);
    await rm(inFolder('a.json'));
    if (kind === 'a folder') expect(await changes(cursor)).toBeUndefined();
    else await expect(changes(cursor)).rejects.toMatchObject({ code: 'inventory-unavailable' });
  });
});

test('a file more, fewer, or of another name is a change of a folder', async () => {
  await write('a.json', 1);
  const { cursor = '' } = await open().fetchAll(signal);
  const changes = async (): Promise<unknown> => await open().fetchChanges?.(cursor, signal);
  await writeFile(inFolder('b.json'), '[]');
  expect(await changes()).toBeUndefined();
  await rm(inFolder('b.json'));
  expect(await changes()).toBeDefined();
  await rename(inFolder('a.json'), inFolder('c.json'));
  expect(await changes()).toBeUndefined();
});
