import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from './build-once.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubugi-build-once-'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

test('builders at the same time build once', async () => {
  let builds = 0;
  const build = async (folder: string): Promise<void> => {
    builds += 1;
    await writeFile(join(folder, 'result'), String(builds));
  };
  const finished = join(dir, 'tree');
  const results = await Promise.all([1, 2, 3].map(() => buildOnce(finished, build)));
  expect(results).toEqual([finished, finished, finished]);
  expect(await readFile(join(finished, 'result'), 'utf8')).toBe('1');
});

test('a build that fails leaves nothing, and the next one starts anew', async () => {
  const finished = join(dir, 'tree');
  const failing = buildOnce(finished, async (folder) => {
    await writeFile(join(folder, 'half'), '');
    throw new Error('the mirror is away');
  });
  await expect(failing).rejects.toThrow('the mirror is away');
  expect(await readdir(dir)).toEqual(['tree.lock']);
  await buildOnce(finished, (folder) => writeFile(join(folder, 'result'), 'whole'));
  expect(await readdir(finished)).toEqual(['result']);
});
