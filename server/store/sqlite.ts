import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database, { type Database as SqliteDatabase } from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { type Clock, systemClock } from '../domain/clock.ts';
import { openKyselyStore, type StoreDatabase } from './kysely/kysely-store.ts';
import { createStorageErrorMaker } from './kysely/storage-error.ts';
import type { StoreDialect } from './kysely/store-dialect.ts';
import type { Tables } from './kysely/tables.ts';
import type { Migration } from './migrations/migration.ts';
import { createLockRows } from './sqlite/lock-rows.ts';
import { createProcessIdentity } from './sqlite/process-identity.ts';
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts';
import { whenUnlocked } from './sqlite/write-lock-wait.ts';
import type { Store } from './store.ts';

/** Where the database is, and what tests choose. */
export interface SqliteStoreOptions {
  /** Database file, on a local file system. Made with mode 0600, its folder with 0700, where missing. */
  readonly path: string;
  readonly clock?: Clock;
  /** Migrations; all there are by default. */
  readonly history?: readonly Migration[];
}

/**
 * The store in one SQLite file, for one server. Commits are on the disk when they are acknowledged (WAL,
 * `synchronous=FULL`). Reads have a connection of their own: they see what is committed and never wait for a write
 * transaction. Fails with `storage-failed`.
 */
export async function createSqliteStore({ path, clock, history }: SqliteStoreOptions): Promise<Store> {
  const name = `SQLite database ${path}`;
  let database: StoreDatabase;
  try {
    await createFile(path);
    database = await connect(path, name, clock ?? systemClock);
  } catch (error) {
    throw createStorageErrorMaker(name)('Opening', error);
  }
  return openKyselyStore(database, { clock, history });
}

// Made by us before SQLite opens it: SQLite gives a new file the mode that the umask leaves, and gives the files of
// the write-ahead log the mode of the database.
async function createFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a', 0o600);
  await file.close();
  await chmod(path, 0o600);
  const folder = await open(dirname(path));
  await folder.sync();
  await folder.close();
}

async function connect(path: string, name: string, clock: Clock): Promise<StoreDatabase> {
  const writer = new Database(path, { timeout: 0 });
  const opened = [writer];
  try {
    await whenUnlocked(() => writer.pragma('journal_mode = WAL'));
    configure(writer);
    const reader = new Database(path, { timeout: 5_000 });
    opened.push(reader);
    configure(reader);
    reader.pragma('query_only = ON');
    return {
      name,
      reader: new Kysely<Tables>({ dialect: createSqliteDialect(reader) }),
      writer: new Kysely<Tables>({ dialect: createSqliteDialect(writer) }),
      dialect: sqliteDialect,
      locks: (writes) => createLockRows({ writes, clock, identity: createProcessIdentity() }),
      async close() {
        closeAll([reader, writer]);
      },
    };
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

function configure(connection: SqliteDatabase): void {
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('trusted_schema = OFF');
  // Kibibytes, because negative; and bytes: a log that a large sync made long is cut again.
  connection.pragma('cache_size = -32768');
  connection.pragma('journal_size_limit = 67108864');
  // Pages of 4 KiB: as much goes into the log before it is written to the file. By default that is a sixteenth, and a
  // sync would write the inner pages of its indexes with every batch. What is committed is in the log, on the disk.
  connection.pragma('wal_autocheckpoint = 16384');
}

function closeAll(connections: readonly SqliteDatabase[]): void {
  for (const connection of connections) {
    connection.close();
  }
}

const sqliteDialect: StoreDialect = {
  types: { text: 'text', largeInteger: 'integer', bytes: 'blob' },
  locksRows: false,
  // GLOB tells capitals from small letters, LIKE does not; `?` and `[` mean something to it, `]` alone does not.
  matchesGlob: (column, pattern) => sql`${column} glob ${pattern.replaceAll(/[?[]/g, '[$&]')}`,
  // Each a statement to prepare and keep, and a turn that other work of the process waits for.
  rowsAStatement: 64,
  givenRows(types, rows) {
    const row = `(${types.map(() => '?').join(', ')})`;
    return { sql: `(values ${rows.map(() => row).join(', ')}) as given`, parameters: rows.flat() };
  },
  // The immediate transaction holds the write lock already.
  lockMigrations: async () => undefined,
};
