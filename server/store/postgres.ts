import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Clock } from '../domain/clock.ts';
import { openKyselyStore } from './kysely/kysely-store.ts';
import type { StoreDialect } from './kysely/store-dialect.ts';
import type { Tables } from './kysely/tables.ts';
import type { Migration } from './migrations/migration.ts';
import { advisoryLockKey, createAdvisoryLocks } from './postgres/advisory-locks.ts';
import { clientConfig, type PostgresServer } from './postgres/client-config.ts';
import type { Store } from './store.ts';

/** Which database, and what tests choose. */
export interface PostgresStoreOptions extends PostgresServer {
  /** Most connections at a time, one more for each lock that is held. At least 2 are used: one writes, the others read. */
  readonly poolSize: number;
  readonly clock?: Clock;
  /** Migrations; all there are by default. */
  readonly history?: readonly Migration[];
}

/** The store in a PostgreSQL database, for any number of servers. Fails with `storage-failed`. */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const config = clientConfig(options);
  const pool = new pg.Pool({ ...config, max: Math.max(2, options.poolSize), idleTimeoutMillis: 60_000 });
  // Unheard, the error of a connection that breaks would end the process, be the connection idle or in the middle of
  // a transaction. It leaves the pool by itself, and what is asked of it fails.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const connections = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return openKyselyStore(
    {
      name: `PostgreSQL database ${options.database} at ${options.host} port ${options.port}`,
      reader: connections,
      writer: connections,
      dialect: postgresDialect,
      locks: () => createAdvisoryLocks(config),
      close: () => connections.destroy(),
    },
    options,
  );
}

const postgresDialect: StoreDialect = {
  types: { text: sql`text collate "C"`, largeInteger: 'bigint', bytes: 'bytea' },
  locksRows: true,
  matchesGlob(column, pattern) {
    const like = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
    return sql`${column} like ${like} escape '\\'`;
  },
  rowsAStatement: 1000,
  // An array a column: the statement stays short, and the server reads it in no time.
  givenRows(types, rows) {
    const names = types.map((_, column) => `column${column + 1}`);
    const arrays = types.map((type, column) => `$${column + 1}::${type}[]`);
    return {
      sql: `unnest(${arrays.join(', ')}) as given (${names.join(', ')})`,
      parameters: types.map((_, column) => rows.map((row) => row[column])),
    };
  },
  async lockMigrations(transaction) {
    // A migration may take long, and another server waits for as long as it does.
    await sql`set local statement_timeout = '10min'`.execute(transaction);
    await sql`set local lock_timeout = '10min'`.execute(transaction);
    await sql`select pg_advisory_xact_lock(${advisoryLockKey('migrations')}::bigint)`.execute(transaction);
  },
};
