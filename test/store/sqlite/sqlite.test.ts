import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSqliteStore } from '../../../server/store/sqlite.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleEvent, sampleInstance } from '../../contract/store/samples.ts';

let folder = '';
let path = '';
const stores: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-sqlite-'));
  path = join(folder, 'state', 'ubugi.db');
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function openStore(now?: string): Promise<Store> {
  const clock = now === undefined ? {} : { clock: { now: () => new Date(now) } };
  const store = await createSqliteStore({ path, ...clock });
  stores.push(store);
  return store;
}

/** Runs work on a connection of its own, as another program would. */
function beside<T>(work: (database: Database.Database) => T): T {
  const database = new Database(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function modes(): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  const files = await Promise.all(names.map((name) => stat(join(dirname(path), name))));
  return files.map(({ mode }) => (mode & 0o777).toString(8));
}

describe('the file', () => {
  test('and its logs are for their owner only, in a folder that is too', async () => {
    const store = await openStore();
    await store.transaction((transaction) => transaction.appendEvent(sampleEvent()));
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await modes()).toEqual(['600', '600', '600']);
  });

  test('that others could read is closed to them', async () => {
    await mkdir(dirname(path));
    await writeFile(path, '');
    await chmod(path, 0o644);
    await openStore();
    expect(await modes()).toEqual(['600', '600', '600']);
  });

  test('keeps its data in a write-ahead log', async () => {
    await openStore();
    expect(beside((database) => database.pragma('journal_mode', { simple: true }))).toBe('wal');
  });

  test.each([
    ['is no database', async () => writeFile(path, 'x'.repeat(5000)), /restore it from a backup/],
    ['is a folder', async () => mkdir(path), /Opening failed in SQLite database .*ubugi\.db/],
  ])('that %s is refused by name with what to do', async (_, make, message) => {
    await mkdir(dirname(path));
    await make();
    await expect(openStore()).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(message) as string,
      cause: expect.any(Error) as Error,
    });
  });
});

test('a transaction waits for the write lock of another program without blocking the process', async () => {
  const store = await openStore();
  const other = new Database(path);
  other.exec('begin immediate');
  const writing = store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
  // That this read comes back while the transaction waits shows that the event loop turns.
  expect(await store.instancesNamed('web-1')).toEqual([]);
  other.exec('commit');
  other.close();
  await writing;
  expect(await store.instancesNamed('web-1')).toHaveLength(1);
});

describe('a lock whose owner is in another container', () => {
  const later = '2026-01-02T12:00:01.000Z';
  const foreign = (expiresAt: string): void =>
    beside((database) => {
      database
        .prepare('insert into locks (name, owner, expires_at) values (?, ?, ?)')
        .run('sync', '00000000-0000-4000-8000-000000000000 pid:[1] 1 1 store', Date.parse(expiresAt));
    });

  test('is held until it expires', async () => {
    const store = await openStore(noon);
    foreign(later);
    expect(await store.exclusively('sync', async () => 1)).toBeUndefined();
  });

  test('is taken over then', async () => {
    const store = await openStore(later);
    foreign(noon);
    expect(await store.exclusively('sync', async () => 1)).toEqual({ value: 1 });
    expect(beside((database) => database.prepare('select * from locks').all())).toEqual([]);
  });
});

test.each([
  [
    'an instance by its name',
    "select * from instances where name = 'a' order by id",
    ['SEARCH instances USING INDEX instances_by_name (name=?)'],
  ],
  [
    'the record of an instance',
    "select (select record from instance_records where instance = instances.id) from instances where id > 'a' order by id limit 10",
    [
      'SEARCH instances USING COVERING INDEX sqlite_autoindex_instances_1 (id>?)',
      'CORRELATED SCALAR SUBQUERY 1',
      'SEARCH instance_records USING INDEX sqlite_autoindex_instance_records_1 (instance=?)',
    ],
  ],
  [
    'what gets its newest generation',
    "update instances set newest = given.column2 from (values ('a', 1), ('b', 2)) as given where instances.id = given.column1",
    ['SCAN 2-ROW VALUES CLAUSE', 'SEARCH instances USING COVERING INDEX sqlite_autoindex_instances_1 (id=?)'],
  ],
  [
    'a page of a hypervisor',
    "select * from instances where placed_on = 'a' and removed_at is null and id > 'x' order by id limit 10",
    ['SEARCH instances USING INDEX instances_by_place (placed_on=? AND removed_at=? AND id>?)'],
  ],
  [
    'the newest generation',
    "select * from generations where instance = 'a' order by number desc limit 1",
    ['SEARCH generations USING INDEX sqlite_autoindex_generations_1 (instance=?)'],
  ],
  [
    'the events of an instance',
    "select * from events where instance = 'a' and id > 5 order by id limit 10",
    ['SEARCH events USING INDEX events_by_instance (instance=? AND id>?)'],
  ],
  [
    'events since a time',
    "select * from events where id >= (select min(id + 0) from events where at_sortable >= 'a') order by id limit 10",
    [
      'SEARCH events USING INTEGER PRIMARY KEY (rowid>?)',
      'SCALAR SUBQUERY 1',
      'SEARCH events USING COVERING INDEX events_by_time (at_sortable>?)',
    ],
  ],
])('%s is found by an index', async (_, query, plan) => {
  await openStore();
  const steps = beside((database) => database.prepare(`explain query plan ${query}`).all()) as ReadonlyArray<{
    readonly detail: string;
  }>;
  expect(steps.map(({ detail }) => detail)).toEqual(plan);
});
