import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKnownDrives, type KnownDrives } from '../../../hypervisor-hook/drive-files/known-drives.ts';

const day = 86_400_000;
const image = Buffer.from('a drive');

describe('known drives', () => {
  let stateFolder: string;
  let known: KnownDrives;
  beforeEach(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'ubugi-known-'));
    known = createKnownDrives({ stateFolder, keepMs: 7 * day, keepGenerations: 3 });
  });
  afterEach(() => rm(stateFolder, { recursive: true, force: true }));

  const record = { generation: 3, sha256: 'a'.repeat(64), confirmedAt: new Date('2026-03-10T12:00:00Z') };
  const file = (instance: string, name: string): string => join(stateFolder, 'instances', instance, name);
  const inode = async (name: string): Promise<number> => (await stat(file('one', name))).ino;

  it('gives back what it was told, for root only', async () => {
    expect(await known.record('one')).toBeUndefined();
    expect(await known.image('one')).toBeUndefined();
    await known.remember('one', record, image);
    expect(await known.record('one')).toEqual(record);
    expect(await known.image('one')).toEqual(image);
    expect((await stat(file('one', 'drive.iso'))).mode & 0o777).toBe(0o600);
    expect((await stat(file('one', '.'))).mode & 0o777).toBe(0o700);
  });

  it('writes nothing for a confirmation within the hour, and only the record for a later one', async () => {
    await known.remember('one', record, image);
    const [drive, first] = [await inode('drive.iso'), await inode('record.json')];
    await known.remember('one', { ...record, confirmedAt: new Date('2026-03-10T12:59:00Z') }, image);
    expect(await inode('record.json')).toBe(first);
    await known.remember('one', { ...record, confirmedAt: new Date('2026-03-10T13:00:00Z') }, image);
    expect(await inode('record.json')).not.toBe(first);
    expect(await inode('drive.iso')).toBe(drive);
  });

  it('writes a copy again that was lost', async () => {
    await known.remember('one', record, image);
    await rm(file('one', 'drive.iso'));
    await known.remember('one', record, image);
    expect(await known.image('one')).toEqual(image);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"generation":"3"}',
    '{"generation":1.5,"sha256":"a","confirmedAt":"2026"}',
  ])('takes a damaged record %j for none', async (text) => {
    await known.remember('one', record, image);
    await writeFile(file('one', 'record.json'), text);
    expect(await known.record('one')).toBeUndefined();
  });

  it('keeps as many generations as it was told, and drops them with the copy', async () => {
    for (const generation of [1, 2, 3, 4]) {
      const sha256 = String(generation).repeat(64);
      await known.remember('one', { ...record, generation, sha256 }, Buffer.from(`drive ${generation}`));
    }
    expect(await known.image('one')).toEqual(Buffer.from('drive 4'));
    expect(await readdir(file('one', 'previous'))).toEqual([
      `0000000002-${'2'.repeat(64)}.iso`,
      `0000000003-${'3'.repeat(64)}.iso`,
    ]);
    await known.forget('one');
    expect(await known.image('one')).toBeUndefined();
    expect(await readdir(file('one', 'previous'))).toEqual([]);
    expect(await known.record('one')).toMatchObject({ generation: 4 });
  });

  it('keeps out what is older than the newest that it had, whatever comes last', async () => {
    await known.remember('one', { ...record, generation: 5, sha256: '5'.repeat(64) }, image);
    await known.remember('one', { ...record, generation: 2, sha256: '2'.repeat(64) }, Buffer.from('older'));
    expect(await known.record('one')).toMatchObject({ generation: 5, sha256: '2'.repeat(64) });
  });

  it('drops copies that are too old to be used, and keeps their records', async () => {
    await known.remember('old', record, image);
    await known.remember('young', record, image);
    const eightDaysAgo = (Date.now() - 8 * day) / 1000;
    await utimes(file('old', 'record.json'), eightDaysAgo, eightDaysAgo);
    await known.remember('one', record, image);
    expect(await readdir(file('old', '.'))).toEqual(['record.json']);
    expect((await readdir(file('young', '.'))).sort()).toEqual(['drive.iso', 'record.json']);
  });
});
