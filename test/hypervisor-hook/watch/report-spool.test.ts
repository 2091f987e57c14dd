import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReportSpool, type ReportSpool } from '../../../hypervisor-hook/watch/reports/report-spool.ts';

const bounds = { mostPerMachine: 3, mostBytesPerMachine: 100, mostBytes: 150 };

describe('the spool', () => {
  let folder: string;
  let dropped: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-spool-'));
    dropped = [];
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const open = async (): Promise<ReportSpool> =>
    openReportSpool(join(folder, 'spool'), bounds, (instance) => dropped.push(instance));
  async function drain(spool: ReportSpool, instance: string): Promise<readonly string[]> {
    const contents: string[] = [];
    for (
      let report = await spool.oldest(instance);
      report !== undefined;
      report = await spool.oldest(instance)
    ) {
      contents.push(report.content.toString());
      await spool.remove(instance, report.sequence);
    }
    return contents;
  }

  it('gives back in order what it was given, from one opening to the next, and is empty then', async () => {
    const first = await open();
    for (const text of ['1', '2', '3']) await first.put('a', Buffer.from(text));
    await first.put('b', Buffer.from('x'));
    const second = await open();
    expect(second.size()).toEqual({ reports: 4, bytes: 4 });
    expect([...second.instances()].sort()).toEqual(['a', 'b']);
    expect(await drain(second, 'a')).toEqual(['1', '2', '3']);
    await second.put('b', Buffer.from('y'));
    expect(await drain(second, 'b')).toEqual(['x', 'y']);
    expect(second.size()).toEqual({ reports: 0, bytes: 0 });
    await open();
    expect(await readdir(join(folder, 'spool'))).toEqual([]);
    expect(dropped).toEqual([]);
  });

  it('drops the oldest of a machine beyond its number and its bytes, and counts them', async () => {
    const spool = await open();
    for (const text of ['1', '2', '3', '4']) await spool.put('a', Buffer.from(text));
    expect(dropped).toEqual(['a']);
    await spool.put('a', Buffer.alloc(99, 'z'));
    expect(dropped).toEqual(['a', 'a', 'a']);
    expect(await drain(spool, 'a')).toEqual(['4', 'z'.repeat(99)]);
  });

  it('drops of all together from the machine that takes most', async () => {
    const spool = await open();
    await spool.put('quiet', Buffer.from('one'));
    await spool.put('loud', Buffer.alloc(60));
    await spool.put('other', Buffer.alloc(80));
    await spool.put('quiet', Buffer.from('another'));
    await spool.put('quiet', Buffer.from('last'));
    expect(dropped).toEqual(['other']);
    expect(await drain(spool, 'quiet')).toEqual(['one', 'another', 'last']);
  });

  it('removes what was being written when it was killed, and passes over what cannot be read', async () => {
    const spool = await open();
    await spool.put('a', Buffer.from('1'));
    await spool.put('a', Buffer.from('2'));
    const own = join(folder, 'spool', 'a');
    await writeFile(join(own, '.000000000000003.json.ubugi-0123'), 'half');
    const [oldest = ''] = (await readdir(own)).filter((name) => !name.startsWith('.')).sort();
    await rm(join(own, oldest));
    await mkdir(join(own, oldest));
    const next = await open();
    expect(await drain(next, 'a')).toEqual(['2']);
    expect(dropped).toEqual(['a']);
  });
});
