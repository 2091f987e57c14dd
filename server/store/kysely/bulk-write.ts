import { CompiledQuery, type Transaction } from 'kysely';
import type { StoreDialect } from './store-dialect.ts';
import type { Tables } from './tables.ts';

/** Type of a column as all databases name it in a cast. */
export type BulkType = 'text' | 'integer' | 'bigint';

/** A value of such a column. */
export type BulkValue = string | number | null;

/** Rows, each with a value for every column. */
export type BulkRows = ReadonlyArray<readonly BulkValue[]>;

/** A statement that takes many rows. In SQL they are a table named `given` with columns `column1`, `column2` and so on. */
export interface BulkStatement {
  readonly types: readonly BulkType[];
  /** SQL before the rows. */
  readonly head: string;
  /** SQL after the rows. */
  readonly tail: string;
}

/** Inserts rows. @param columns their names and types @param replacing if the key is there: columns that take the new value */
export function insertStatement(
  table: keyof Tables,
  columns: Readonly<Record<string, BulkType>>,
  replacing?: { readonly key: string; readonly columns: readonly string[] },
): BulkStatement {
  // Without `where` SQLite takes `on conflict` for the condition of a join.
  const conflict =
    replacing === undefined
      ? ''
      : `where true on conflict (${replacing.key}) do update set ${replacing.columns
          .map((column) => `${column} = excluded.${column}`)
          .join(', ')}`;
  return {
    types: Object.values(columns),
    head: `insert into ${table} (${Object.keys(columns).join(', ')}) select * from`,
    tail: conflict,
  };
}

/** Sets columns of rows that are there. The key comes first in every row. @param columns names and types of the others */
export function updateStatement(
  table: keyof Tables,
  key: string,
  columns: Readonly<Record<string, BulkType>>,
): BulkStatement {
  const set = Object.keys(columns).map((column, index) => `${column} = given.column${index + 2}`);
  return {
    types: ['text', ...Object.values(columns)],
    head: `update ${table} set ${set.join(', ')} from`,
    tail: `where ${table}.${key} = given.column1`,
  };
}

/**
 * Runs a statement on rows, as many at a time as the database takes well. SQL and parameters go to the driver as they
 * are: Kysely's query builder takes longer over a large `values` than the database does.
 */
export async function writeRows(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  { types, head, tail }: BulkStatement,
  rows: BulkRows,
): Promise<void> {
  for (const chunk of chunks(rows, dialect.rowsAStatement)) {
    const { sql, parameters } = dialect.givenRows(types, chunk);
    await transaction.executeQuery(CompiledQuery.raw(`${head} ${sql} ${tail}`, [...parameters]));
  }
}

/** The list in pieces of at most this length. */
export function chunks<T>(list: readonly T[], length: number): ReadonlyArray<readonly T[]> {
  if (list.length <= length) return list.length === 0 ? [] : [list];
  return Array.from({ length: Math.ceil(list.length / length) }, (_, index) =>
    list.slice(index * length, (index + 1) * length),
  );
}
