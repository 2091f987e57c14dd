import type { RawBuilder, SqlBool, Transaction } from 'kysely';
import type { ColumnTypes } from '../migrations/migration.ts';
import type { BulkRows, BulkType } from './bulk-write.ts';
import type { Tables } from './tables.ts';

/** In what the databases differ, declared; all other code is shared and asks for no database by name. */
export interface StoreDialect {
  readonly types: ColumnTypes;
  /**
   * Whether write transactions run side by side, so that a row that is read in order to be written has to be
   * locked (`for no key update`). False where a write transaction holds the whole database.
   */
  readonly locksRows: boolean;
  /**
   * True where `column` matches the pattern: `*` stands for any characters, everything else, capital letters
   * included, for itself.
   */
  matchesGlob(column: RawBuilder<string | null>, pattern: string): RawBuilder<SqlBool>;
  /** How many rows `givenRows` takes well. */
  readonly rowsAStatement: number;
  /** SQL and parameters of a table `given` with these rows, for a `from`. */
  givenRows(
    types: readonly BulkType[],
    rows: BulkRows,
  ): { readonly sql: string; readonly parameters: readonly unknown[] };
  /** Keeps other servers from migrating until the transaction ends. */
  lockMigrations(transaction: Transaction<Tables>): Promise<void>;
}
