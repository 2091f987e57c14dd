import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../server/store/store.ts';
import { type PostgresServer, startPostgresServer } from '../../harness/postgres-server.ts';
import { openStore, type StoreLocation } from './open-store.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** Closes what was opened, the last first. */
function createOpener() {
  const stores: Store[] = [];
  return {
    at: (location: StoreLocation): TestDatabase => ({
      async open(options) {
        const store = await openStore(location, options);
        stores.push(store);
        return store;
      },
      forChild: JSON.stringify(location),
    }),
    async closeAll() {
      for (const store of stores.splice(0).reverse()) {
        await store.close();
      }
    },
  };
}

/** A SQLite file each. */
export function sqliteBackend(): StoreBackend {
  const opener = createOpener();
  let folder = '';
  let count = 0;
  return {
    name: 'SQLite',
    async start() {
      folder = await mkdtemp(join(tmpdir(), 'ubugi-store-'));
    },
    async database() {
      count += 1;
      return opener.at({ kind: 'sqlite', options: { path: join(folder, `${count}`, 'ubugi.db') } });
    },
    closeStores: () => opener.closeAll(),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A database of a real PostgreSQL each. */
export function postgresBackend(): StoreBackend {
  const opener = createOpener();
  let server: PostgresServer | undefined;
  return {
    name: 'PostgreSQL',
    async start() {
      server = await startPostgresServer();
    },
    async database({ empty = false } = {}) {
      if (server === undefined) {
        throw new Error('the backend is not started');
      }
      const options = await (empty ? server.createEmptyDatabase() : server.createDatabase());
      return opener.at({ kind: 'postgres', options });
    },
    closeStores: () => opener.closeAll(),
    async stop() {
      await server?.stop();
    },
  };
}
