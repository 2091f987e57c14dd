import type { Clock } from '../../../server/domain/clock.ts';
import type { Migration } from '../../../server/store/migrations/migration.ts';
import type { Store } from '../../../server/store/store.ts';

/** What a test may choose when it opens a store. */
export interface OpenOptions {
  readonly clock?: Clock;
  readonly history?: readonly Migration[];
}

/** One database, which any number of stores can be opened on. */
export interface TestDatabase {
  /** Opens a store as another server would. It is closed after the test. */
  open(options?: OpenOptions): Promise<Store>;
  /** What a child process needs to open a store too: JSON for `open-store.ts`. */
  readonly forChild: string;
}

/** One kind of database that the contract suite runs on. */
export interface StoreBackend {
  readonly name: string;
  /** Before all tests. */
  start(): Promise<void>;
  /** A database with the newest schema; with `empty`, with nothing in it. */
  database(options?: { readonly empty?: boolean }): Promise<TestDatabase>;
  /** After each test: closes stores. */
  closeStores(): Promise<void>;
  /** After all tests. */
  stop(): Promise<void>;
}
