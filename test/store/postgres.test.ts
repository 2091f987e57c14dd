import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresStore, type PostgresStoreOptions } from '../../server/store/postgres.ts';
import type { Store } from '../../server/store/store.ts';
import { sampleId, sampleInstance } from '../contract/store/samples.ts';
import { makeCertificates } from '../harness/certificates.ts';
import { freePort } from '../harness/free-port.ts';
import { type PostgresServer, startPostgresServer } from '../harness/postgres-server.ts';

let server: PostgresServer;
const stores: Store[] = [];

beforeAll(async () => {
  server = await startPostgresServer();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(() => server.stop());

async function openStore(options: PostgresStoreOptions): Promise<Store> {
  const store = await createPostgresStore(options);
  stores.push(store);
  return store;
}

/** Ends connections of this database, as a failover or a firewall would, and says how many. */
async function endConnections(database: PostgresStoreOptions, condition: string): Promise<number> {
  const rows = await server.query(
    { ...database, database: 'postgres' },
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and ${condition}`,
    [database.database],
  );
  return rows.length;
}

describe('connecting', () => {
  test('the wrong password is refused with what to check, and appears nowhere', async () => {
    const password = 'hunter2-not-the-password';
    const error: unknown = await openStore({ ...(await server.createDatabase()), password }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/check user, password and pg_hba\.conf/) as string,
    });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
    expect(JSON.stringify(error)).not.toContain(password);
  });

  test('a server that is not there is named, with what to check', async () => {
    const port = await freePort();
    const missing = { host: '127.0.0.1', port, database: 'ubugi', user: 'ubugi', poolSize: 2 };
    await expect(openStore(missing)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(
        new RegExp(`PostgreSQL database ubugi at 127\\.0\\.0\\.1 port ${port}: .*ECONNREFUSED.*check that`),
      ) as string,
    });
  });

  test('a server that never answers is given up', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(
      openStore({ host: '127.0.0.1', port, database: 'ubugi', user: 'ubugi', poolSize: 2 }),
    ).rejects.toMatchObject({ code: 'storage-failed' });
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => {
      silent.close(resolve);
    });
  });

  test('a database that does not exist is refused with what to do', async () => {
    const database = { ...(await server.createDatabase()), database: 'nowhere' };
    await expect(openStore(database)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/create the database/) as string,
    });
  });

  test('with a CA the connection is encrypted', async () => {
    const database = await server.createDatabase();
    const store = await openStore({ ...database, ca: server.certificate });
    await store.ping();
    const rows = await server.query(
      database,
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'ubugi' and datname = current_database()",
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => (row as { readonly ssl: boolean }).ssl)).toBe(true);
  });

  test('a server whose certificate another CA signed is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ubugi-postgres-ca-'));
    try {
      const { ca } = await makeCertificates(folder, 'IP:127.0.0.1');
      await expect(openStore({ ...(await server.createDatabase()), ca })).rejects.toMatchObject({
        code: 'storage-failed',
        message: expect.stringMatching(/certificate and the configured CA/) as string,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a certificate for another name is refused', async () => {
    const database = { ...(await server.createDatabase()), host: 'localhost', ca: server.certificate };
    await expect(openStore(database)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/certificate and the configured CA/) as string,
    });
  });
});

describe('when connections break', () => {
  test('idle ones, the store goes on with new ones', async () => {
    const database = await server.createDatabase();
    const store = await openStore(database);
    await Promise.all([store.ping(), store.ping()]);
    expect(await endConnections(database, "application_name = 'ubugi'")).toBeGreaterThan(0);
    // The first uses may still meet a connection whose end has not been noticed.
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  test('in the middle of a transaction, nothing of it is committed and the next one works', async () => {
    const database = await server.createDatabase();
    const store = await openStore(database);
    await expect(
      store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(1)]);
        expect(await endConnections(database, "state = 'idle in transaction'")).toBe(1);
        await transaction.saveInstances([sampleInstance(2)]);
      }),
    ).rejects.toMatchObject({ code: 'storage-failed' });
    await store.transaction((transaction) => transaction.saveInstances([sampleInstance(3)]));
    const { instances } = await store.instances({ limit: 10 });
    expect(instances.map(({ id }) => id)).toEqual([sampleId(3)]);
  });

  test('that of a lock, the work ends as usual and the name is free', async () => {
    const database = await server.createDatabase();
    const store = await openStore(database);
    const held = await store.exclusively('sync', async () => {
      expect(await endConnections(database, "query like '%pg_try_advisory_lock%'")).toBe(1);
      return 'done';
    });
    expect(held).toEqual({ value: 'done' });
    expect(await store.exclusively('sync', async () => 1)).toEqual({ value: 1 });
  });
});

test('a pool of one still reads while a transaction is open', async () => {
  const store = await openStore({ ...(await server.createDatabase()), poolSize: 1 });
  await store.transaction(async (transaction) => {
    await transaction.saveInstances([sampleInstance(1)]);
    expect(await store.instance(sampleId(1))).toBeUndefined();
  });
  expect(await store.instance(sampleId(1))).toBeDefined();
});

test('transactions of two servers that write the same instances in the same order wait for each other', async () => {
  const database = await server.createDatabase();
  const [first, second] = [await openStore(database), await openStore(database)];
  const write = (store: Store, reason: string): Promise<void> =>
    store.transaction(async (transaction) => {
      for (let number = 1; number <= 20; number += 1) {
        await transaction.saveInstances([sampleInstance(number)]);
        await transaction.seeHypervisor(`kvm${number % 3}`, '2026-01-02T12:00:00.000Z');
        await transaction.appendEvent({
          at: '2026-01-02T12:00:00.000Z',
          actor: 'sync',
          action: 'instance-saved',
          instance: sampleId(number),
          reason,
          details: {},
        });
      }
    });
  await Promise.all(
    Array.from({ length: 10 }, (_, turn) => write(turn % 2 === 0 ? first : second, `${turn}`)),
  );
  expect(await first.events({ limit: 1000 })).toHaveLength(200);
});
