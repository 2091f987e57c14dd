import { setImmediate } from 'node:timers/promises';
import type { Database as SqliteDatabase, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { whenUnlocked } from './write-lock-wait.ts';

const statementsKept = 200;
const longestTurnMilliseconds = 5;

/**
 * Kysely's SQLite dialect with a driver of our own, because Kysely's
 * - begins deferred, so that a transaction that has read fails as soon as it writes while another process has
 *   written: ours begins immediate, and waits for the write lock without blocking the process;
 * - compiles each statement anew: ours keeps the last ones;
 * - never lets the event loop turn, as better-sqlite3 is synchronous: ours does every few milliseconds, so that a
 *   long sync does not keep the boots of machines waiting.
 */
export function createSqliteDialect(database: SqliteDatabase): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(database: SqliteDatabase): Driver {
  const connection = createConnection(database);
  const run = async (sql: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: () => whenUnlocked(() => database.exec('begin immediate')),
    commitTransaction: () => run('commit'),
    rollbackTransaction: () => run('rollback'),
    releaseConnection: async () => undefined,
    destroy: async () => {
      database.close();
    },
  };
}

function createConnection(database: SqliteDatabase): DatabaseConnection {
  const statement = createStatementCache(database);
  let turnStartedAt = performance.now();

  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      if (performance.now() - turnStartedAt > longestTurnMilliseconds) {
        await setImmediate();
        turnStartedAt = performance.now();
      }
      const prepared = statement(sql);
      if (prepared.reader) {
        return { rows: prepared.all(...parameters) as R[] };
      }
      const { changes } = prepared.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    },
    // eslint-disable-next-line require-yield
    async *streamQuery() {
      throw new Error('the SQLite driver does not stream: ask page by page');
    },
  };
}

function createStatementCache(database: SqliteDatabase): (sql: string) => Statement {
  const kept = new Map<string, Statement>();
  return (sql) => {
    const statement = kept.get(sql) ?? database.prepare(sql);
    // Set anew, a statement is the youngest: a Map keeps the order in which keys were added.
    kept.delete(sql);
    kept.set(sql, statement);
    const oldest = kept.keys().next();
    if (kept.size > statementsKept && oldest.done === false) {
      kept.delete(oldest.value);
    }
    return statement;
  };
}
