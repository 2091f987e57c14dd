import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import type { ServerConfiguration } from '../../schemas/types/server-configuration.ts';
import { type PostgresServer, startPostgresServer } from '../../test/harness/postgres-server.ts';

/** Stores that the bench knows. */
export const storeNames = ['sqlite', 'postgres'] as const;
export type StoreName = (typeof storeNames)[number];

/** An empty database for the server, and the peer that is measured against it. */
export interface BenchDatabase {
  readonly configuration: ServerConfiguration['store'];
  /** The peer in words. */
  readonly peer: string;
  bytes(): Promise<number>;
  /**
   * Loads all rows that are in the database now into a second, empty one with the same tables and indexes, in one go,
   * and drops that one. @returns seconds of the loading alone.
   */
  bulkLoad(signal: AbortSignal): Promise<number>;
  remove(): Promise<void>;
}

/** @param folder an existing one for files */
export async function openDatabase(store: StoreName, folder: string): Promise<BenchDatabase> {
  return store === 'sqlite' ? openSqlite(folder) : await openPostgres(folder);
}

function openSqlite(folder: string): BenchDatabase {
  const path = join(folder, 'ubugi.db');
  return {
    configuration: { kind: 'sqlite', path },
    peer: 'SQLite, INSERT … SELECT of the same rows, then the indexes, one transaction',
    async bytes() {
      const sizes = await Promise.all([path, `${path}-wal`].map((file) => stat(file).catch(() => undefined)));
      return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
    },
    bulkLoad: async () => await Promise.resolve(copySqlite(path, join(folder, 'copy.db'))),
    remove: async () => await Promise.resolve(),
  };
}

/** Durable as the server's own database is. */
function copySqlite(from: string, to: string): number {
  const copy = new Database(to);
  try {
    copy.pragma('journal_mode = WAL');
    copy.pragma('synchronous = FULL');
    copy.pragma('cache_size = -32768');
    copy.prepare('attach database ? as original').run(from);
    const objects = copy
      .prepare(
        `select type, name, sql from original.sqlite_master
         where sql is not null and name not like 'sqlite\\_%' escape '\\'`,
      )
      .all() as { readonly type: string; readonly name: string; readonly sql: string }[];
    const start = performance.now();
    copy.transaction(() => {
      for (const { sql } of objects.filter(({ type }) => type === 'table')) copy.exec(sql);
      for (const { name } of objects.filter(({ type }) => type === 'table'))
        copy.exec(`insert into main."${name}" select * from original."${name}"`);
      for (const { sql } of objects.filter(({ type }) => type !== 'table')) copy.exec(sql);
    })();
    return (performance.now() - start) / 1000;
  } finally {
    copy.close();
  }
}

async function openPostgres(folder: string): Promise<BenchDatabase> {
  // Commits wait for the disk, as they do where data has to survive.
  const server = await startPostgresServer({ fsync: true });
  try {
    const options = await server.createEmptyDatabase();
    const { host, port, database, user, password = '' } = options;
    const passwordFile = join(folder, 'postgres-password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    return {
      configuration: { kind: 'postgres', host, port, database, user, passwordFile },
      peer: 'PostgreSQL, pg_restore of a dump of the same rows (COPY, then the indexes)',
      async bytes() {
        const [row] = await server.query(
          options,
          'select pg_database_size(current_database())::float8 as bytes',
        );
        return (row as { readonly bytes: number }).bytes;
      },
      bulkLoad: async (signal) => await copyPostgres(server, options, join(folder, 'dump'), signal),
      remove: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function copyPostgres(
  server: PostgresServer,
  from: Awaited<ReturnType<PostgresServer['createEmptyDatabase']>>,
  dump: string,
  cancelSignal: AbortSignal,
): Promise<number> {
  const run = async (program: string, database: string, args: readonly string[]): Promise<void> => {
    const { host, port, user, password = '' } = from;
    const connection = ['-h', host, '-p', String(port), '-U', user, '-d', database];
    await execa(program, [...connection, ...args], {
      cancelSignal,
      env: { PGPASSWORD: password },
      stdin: 'ignore',
    });
  };
  await run('pg_dump', from.database, ['-Fc', '-Z0', '-f', dump]);
  const to = await server.createEmptyDatabase();
  const start = performance.now();
  await run('pg_restore', to.database, ['--single-transaction', '--no-owner', dump]);
  const seconds = (performance.now() - start) / 1000;
  await server.query(from, `drop database ${to.database}`);
  return seconds;
}
