import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqliteStore } from '../../../server/store/sqlite.ts';
import { startChild } from '../../contract/store/child.ts';
import { sampleId } from '../../contract/store/samples.ts';

const instances = [1, 2, 3, 4, 5];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-killed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Lets a child commit and kills it as soon as it has acknowledged so many commits: by then the next is under way. */
async function killAfter(path: string, commits: number): Promise<number> {
  const child = startChild('write-for-ever', JSON.stringify({ kind: 'sqlite', options: { path } }));
  let acknowledged = '';
  child.stdout.on('data', (chunk: Buffer) => {
    acknowledged += chunk.toString();
    if (acknowledged.split('\n').length > commits) {
      child.kill('SIGKILL');
    }
  });
  expect(await child).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  // What follows the last end of line was cut.
  return Number(acknowledged.split('\n').at(-2));
}

test('kill -9 in the middle of writing loses no acknowledged commit and leaves no part of another', async () => {
  const path = join(folder, 'ubugi.db');
  let before = 0;
  for (const commits of [1, 2, 3, 7, 12]) {
    const acknowledged = await killAfter(path, commits);
    expect(acknowledged).toBeGreaterThanOrEqual(before + commits);

    const store = await createSqliteStore({ path });
    const newest = (await store.instance(sampleId(1)))?.newest ?? 0;
    // At most the one commit that was not acknowledged yet.
    expect(newest - acknowledged).toBeLessThanOrEqual(1);
    expect(newest).toBeGreaterThanOrEqual(acknowledged);
    for (const instance of instances) {
      const headers = await store.generationHeaders(sampleId(instance));
      expect(headers.map(({ number }) => number)).toEqual(
        Array.from({ length: newest }, (_, index) => newest - index),
      );
      expect(await store.newestGeneration(sampleId(instance))).toMatchObject({
        number: newest,
        scripts: [{ name: 's' }],
      });
      expect(await store.events({ instance: sampleId(instance), limit: 10_000 })).toHaveLength(newest);
    }
    expect((await store.instances({ selection: { tag: 'a' }, limit: 10 })).instances).toHaveLength(5);
    await store.close();
    const database = new Database(path);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    database.close();
    before = newest;
  }
});
