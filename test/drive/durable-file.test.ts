import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishFile } from '../../server/drive/durable-file.ts';
import { createLimiter } from '../../server/drive/limiter.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('publishFile', () => {
  it('writes any number of pieces', async () => {
    await using folder = await temporaryFolder();
    const pieces = Array.from({ length: 3000 }, (_, index) => Buffer.alloc(index % 50, index));
    const path = join(folder.path, 'file');
    await publishFile(join(folder.path, 'temporary'), path, pieces);
    expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true);
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('replaces what was there, and leaves it when it fails', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    await publishFile(join(folder.path, 't1'), path, [Buffer.from('old')]);
    await publishFile(join(folder.path, 't2'), path, [Buffer.from('new')]);
    await expect(publishFile(join(folder.path, 't3'), join(folder.path, 'no/file'), [])).rejects.toThrow(
      'ENOENT',
    );
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder.path)).toEqual(['file']);
  });
});

describe('createLimiter', () => {
  it('runs so much at once, in order, and goes on after a failure', async () => {
    const limit = createLimiter(2);
    let running = 0;
    const started: number[] = [];
    const results = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((number) =>
        limit(async () => {
          running += 1;
          started.push(number);
          const atOnce = running;
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          if (number === 2) throw new Error('second');
          return atOnce;
        }),
      ),
    );
    expect(started).toEqual([1, 2, 3, 4, 5]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value <= 2 : 'failed'))).toEqual([
      true,
      'failed',
      true,
      true,
      true,
    ]);
  });
});
