import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../server/domain/clock.ts';
import { type DriveCache, openDriveCache } from '../../server/drive/drive-cache.ts';
import { smallFileSystem, temporaryFolder } from './temporary-folder.ts';

function key(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

function image(name: string, size = 4096): readonly Buffer[] {
  return [Buffer.from(name), Buffer.alloc(size - name.length, name)];
}

/** A clock that is moved by hand. */
function handClock(): Clock & { advance(ms: number): void } {
  let time = Date.parse('2026-01-02T03:04:05Z');
  return { now: () => new Date(time), advance: (ms) => (time += ms) };
}

async function cacheIn(
  folder: string,
  limitBytes = 2 ** 30,
  clock: Clock = handClock(),
): Promise<DriveCache> {
  return openDriveCache({ clock }, { folder, limitBytes });
}

const owner = '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01';

describe('openDriveCache', () => {
  it('gives back what was put, also after a restart', async () => {
    await using folder = await temporaryFolder();
    const cache = await cacheIn(folder.path);
    expect(await cache.get(key('a'))).toBeUndefined();
    const put = await cache.put(key('a'), image('a'), owner);
    const content = Buffer.concat(image('a'));
    expect(put).toEqual({
      path: expect.stringContaining(folder.path),
      size: 4096,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    expect(await readFile(put.path)).toEqual(content);
    expect(await cache.get(key('a'))).toEqual(put);
    expect(await (await cacheIn(folder.path)).get(key('a'))).toEqual(put);
  });

  it('drops an image that was changed, cut or removed', async () => {
    await using folder = await temporaryFolder();
    const cache = await cacheIn(folder.path);
    for (const damage of [
      async (path: string) => {
        const bytes = await readFile(path);
        bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
        await writeFile(path, bytes);
      },
      (path: string) => truncate(path, 2048),
      (path: string) => writeFile(path, ''),
    ]) {
      const { path } = await cache.put(key('a'), image('a'), owner);
      await damage(path);
      expect(await cache.get(key('a'))).toBeUndefined();
      expect(await readdir(folder.path)).toEqual([]);
    }
    await cache.put(key('a'), image('a'), owner);
    const again = await cache.put(key('a'), image('a'), owner);
    await writeFile(again.path, Buffer.concat(image('b')));
    expect(await (await cacheIn(folder.path)).get(key('a'))).toBeUndefined();
  });

  it('reads an image again after a while even if nothing seems to have changed', async () => {
    await using folder = await temporaryFolder();
    const clock = handClock();
    const cache = await cacheIn(folder.path, 2 ** 30, clock);
    const put = await cache.put(key('a'), image('a'), owner);
    clock.advance(3_600_000);
    expect(await cache.get(key('a'))).toEqual(put);
    expect(await cache.get(key('a'))).toEqual(put);
  });

  it('keeps to its limit, and lets go first what was used least recently', async () => {
    await using folder = await temporaryFolder();
    const cache = await cacheIn(folder.path, 3 * 4096);
    for (const name of ['a', 'b', 'c']) await cache.put(key(name), image(name), owner);
    await cache.get(key('a'));
    await cache.put(key('d'), image('d'), owner);
    expect(await cache.get(key('b'))).toBeUndefined();
    expect(await readdir(folder.path)).toHaveLength(3);
    for (const name of ['a', 'c', 'd']) expect(await cache.get(key(name))).toBeDefined();
    await cache.put(key('large'), image('large', 5 * 4096), owner);
    expect(await readdir(folder.path)).toHaveLength(1);
    expect(await cache.get(key('large'))).toBeDefined();
  });

  it('keeps to a smaller limit after a restart', async () => {
    await using folder = await temporaryFolder();
    const cache = await cacheIn(folder.path);
    for (const name of ['a', 'b', 'c']) await cache.put(key(name), image(name), owner);
    await cacheIn(folder.path, 4096);
    expect(await readdir(folder.path)).toHaveLength(1);
  });

  it('removes what killed processes left, and not what running ones work on', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'staging.tmp-4194303-0/image-x'), { recursive: true });
    await writeFile(join(folder.path, `${key('a')}.tmp-4194303-7`), 'half');
    await writeFile(join(folder.path, `${key('a')}.tmp-${process.pid}-1`), 'of a process before with our id');
    await writeFile(join(folder.path, `${key('b')}.tmp-${process.ppid}-1`), 'at work');
    await cacheIn(folder.path);
    expect(await readdir(folder.path)).toEqual([`${key('b')}.tmp-${process.ppid}-1`]);
  });

  it('says that the disk is full, leaves nothing half, and goes on when there is space', async () => {
    await using small = await smallFileSystem(256 * 1024);
    const cache = await cacheIn(small.path);
    await cache.put(key('a'), image('a'), owner);
    await expect(cache.put(key('b'), image('b', 512 * 1024), owner)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('no space is left'),
    });
    expect(await readdir(small.path)).toHaveLength(1);
    expect(await cache.get(key('a'))).toBeDefined();
    expect(await cache.put(key('c'), image('c'), owner)).toMatchObject({ size: 4096 });
  });

  it('fails with a remedy where it may not write', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    await writeFile(path, '');
    await expect(cacheIn(path)).rejects.toMatchObject({ code: 'storage-failed' });
  });
});

/** The system calls of two publications at which the process is killed, and how many of each there are. */
const kills = [
  ['writev,pwritev', 2],
  ['rename,renameat,renameat2', 2],
] as const;

describe('a cache whose process is killed', () => {
  it.each(
    kills.flatMap(([calls, count]) =>
      Array.from({ length: count }, (_, index) => [calls, index + 1] as const),
    ),
  )('at %s number %i has the old image or the new one, whole', async (calls, when) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'cache');
    await (await cacheIn(path)).put(key('old'), image('old'), owner);
    const script = `
      import { openDriveCache } from ${JSON.stringify(join(import.meta.dirname, '../../server/drive/drive-cache.ts'))};
      const [, folder, key] = process.argv;
      const cache = await openDriveCache({ clock: { now: () => new Date() } }, { folder, limitBytes: 2 ** 30 });
      await cache.put(key, [Buffer.alloc(300_000, 'new'), Buffer.alloc(5000, 'x')], '${owner}');
      await cache.put(key, [Buffer.alloc(300_000, 'new'), Buffer.alloc(5000, 'x')], '${owner}');`;
    const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${when}`];
    const args = ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath];
    const killed = await execa('strace', [...args, '--input-type=module', '-e', script, path, key('new')], {
      // strace counts calls by thread.
      env: { UV_THREADPOOL_SIZE: '1' },
      reject: false,
      timeout: 60_000,
    });
    expect([killed.signal, killed.exitCode]).toContain(killed.signal === undefined ? 137 : 'SIGKILL');
    const cache = await cacheIn(path);
    const names = await readdir(path);
    expect(names.filter((name) => !name.endsWith('.iso'))).toEqual([]);
    for (const name of names) {
      const hash = createHash('sha256')
        .update(await readFile(join(path, name)))
        .digest('hex');
      expect(name.endsWith(`-${hash}.iso`)).toBe(true);
    }
    expect(await cache.get(key('old'))).toBeDefined();
    const added = await cache.get(key('new'));
    expect(added === undefined || added.size === 305_000).toBe(true);
  });
});
