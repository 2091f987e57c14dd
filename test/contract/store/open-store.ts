import { createPostgresStore, type PostgresStoreOptions } from '../../../server/store/postgres.ts';
import { createSqliteStore, type SqliteStoreOptions } from '../../../server/store/sqlite.ts';
import type { Store } from '../../../server/store/store.ts';
import type { OpenOptions } from './store-backend.ts';

/** How to open a store, in a form that goes to a child process as JSON. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly options: Pick<SqliteStoreOptions, 'path'> }
  | { readonly kind: 'postgres'; readonly options: Omit<PostgresStoreOptions, 'clock' | 'history'> };

/** Opens the store at a location. */
export function openStore(location: StoreLocation, options: OpenOptions = {}): Promise<Store> {
  switch (location.kind) {
    case 'sqlite':
      return createSqliteStore({ ...location.options, ...options });
    case 'postgres':
      return createPostgresStore({ ...location.options, ...options });
  }
}
