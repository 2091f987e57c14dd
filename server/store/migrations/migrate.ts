import type { Transaction } from 'kysely';
import type { Clock } from '../../domain/clock.ts';
import { AppError } from '../../domain/errors.ts';
import type { StoreDialect } from '../kysely/store-dialect.ts';
import type { Tables } from '../kysely/tables.ts';
import type { WriteQueue } from '../kysely/write-queue.ts';
import type { Migration } from './migration.ts';

/** What migrating needs. */
export interface MigrateOptions {
  readonly writes: WriteQueue;
  readonly dialect: StoreDialect;
  readonly clock: Clock;
  /** The database as messages name it. */
  readonly database: string;
  readonly history: readonly Migration[];
}

/**
 * Brings the schema up to date, all of it or nothing. Servers that start together go one after the other, and
 * the later ones find nothing left to do. Kysely's own migrator takes no lock on SQLite, so it is not used.
 * Fails with `storage-failed` on a database that a newer version has migrated: its data cannot be understood.
 */
export async function migrate({ writes, dialect, clock, database, history }: MigrateOptions): Promise<void> {
  await writes.transact('Migrating the schema', async (transaction) => {
    await dialect.lockMigrations(transaction);
    const applied = await appliedMigrations(transaction, dialect);
    const known = new Set(history.map(({ name }) => name));
    const unknown = applied.find((name) => !known.has(name));
    if (unknown !== undefined) {
      throw new AppError(
        'storage-failed',
        `${database} was written by a newer version of Ubugi: migration ${unknown} is not known to this one; ` +
          'start that version, or restore a backup from before the upgrade',
        { details: { migration: unknown } },
      );
    }
    for (const migration of history.filter(({ name }) => !applied.includes(name))) {
      // A migration knows only what it makes itself: the tables of today are not those of its time.
      await migration.up(transaction as Transaction<unknown>, dialect.types);
      await transaction
        .insertInto('migrations')
        .values({ name: migration.name, applied_at: clock.now().toISOString() })
        .execute();
    }
  });
}

async function appliedMigrations(
  transaction: Transaction<Tables>,
  { types }: StoreDialect,
): Promise<readonly string[]> {
  await transaction.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', types.text, (column) => column.primaryKey())
    .addColumn('applied_at', types.text, (column) => column.notNull())
    .execute();
  const rows = await transaction.selectFrom('migrations').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}
