import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { migrationHistory } from '../../../server/store/migrations/history.ts';
import type { Migration } from '../../../server/store/migrations/migration.ts';
import { startChild, untilLine } from './child.ts';
import { sampleInstance } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

const next: Migration = {
  name: '9999-from-the-future',
  async up(db) {
    await sql`create table future (id integer)`.execute(db);
  },
};

/** The schema: made at once by many servers, kept by later starts, refused when it is newer. */
export function describeMigrations(backend: StoreBackend): void {
  describe('migrations', () => {
    test('are named and numbered in order', () => {
      const names = migrationHistory.map(({ name }) => name);
      expect(names.every((name) => /^\d{4}-[a-z-]+$/.test(name))).toBe(true);
      expect(names.toSorted()).toEqual(names);
      expect(new Set(names).size).toBe(names.length);
    });

    test('a second start finds nothing to do and keeps what is there', async () => {
      const database = await backend.database({ empty: true });
      const first = await database.open();
      await first.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      await first.close();
      expect(await (await database.open()).instancesNamed('web-1')).toHaveLength(1);
    });

    test('stores of one process that start at once', async () => {
      const database = await backend.database({ empty: true });
      const stores = await Promise.all(Array.from({ length: 5 }, () => database.open()));
      expect(await Promise.all(stores.map((store) => store.ping()))).toHaveLength(5);
    });

    test('processes that start at once', async () => {
      const database = await backend.database({ empty: true });
      const children = Array.from({ length: 3 }, () => startChild('migrate', database.forChild));
      await Promise.all(children.map((child) => untilLine(child, 'ready')));
      for (const child of children) {
        child.stdin.write('go\n');
      }
      const results = await Promise.all(children);
      expect(results.map(({ all }) => all)).toEqual(children.map(() => 'ready\nmigrated'));
      await (await database.open()).ping();
    });

    test('a database of a newer version is refused by name', async () => {
      const database = await backend.database();
      await (await database.open({ history: [...migrationHistory, next] })).close();
      await expect(database.open()).rejects.toMatchObject({
        code: 'storage-failed',
        message: expect.stringMatching(/newer version.*9999-from-the-future.*start that version/) as string,
      });
    });

    test('one that fails leaves nothing behind', async () => {
      const database = await backend.database();
      const failing: Migration = {
        name: '9999-failing',
        async up(db) {
          await sql`create table half (id integer)`.execute(db);
          await sql`insert into nowhere values (1)`.execute(db);
        },
      };
      await expect(database.open({ history: [...migrationHistory, failing] })).rejects.toMatchObject({
        code: 'storage-failed',
        cause: expect.any(Error) as Error,
      });
      const mended: Migration = {
        ...failing,
        up: async (db) => void (await sql`create table half (id integer)`.execute(db)),
      };
      await (await database.open({ history: [...migrationHistory, mended] })).ping();
    });
  });
}
