import type { Kysely } from 'kysely';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { SyncRun } from '../../../schemas/types/api.ts';
import { type Clock, systemClock } from '../../domain/clock.ts';
import { migrationHistory } from '../migrations/history.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Migration } from '../migrations/migration.ts';
import type { Store } from '../store.ts';
import { readBaseDrive } from './base-drives/base-drive-rows.ts';
import { unpackJson } from './encoding/packed-json.ts';
import { storableText } from './encoding/storable-text.ts';
import { listEvents } from './event-list.ts';
import type { ExclusiveLocks } from './exclusive-locks.ts';
import { createGenerationReader } from './generations/generation-reader.ts';
import { instanceFromRow, selectInstances } from './instances/instance-rows.ts';
import { listKnownInstances } from './instances/known-instances.ts';
import { progressConditions } from './instances/progress-conditions.ts';
import { selectionConditions } from './instances/selection.ts';
import { createTransactionSession } from './kysely-transaction.ts';
import { createPlacementReads } from './placement/placement-reads.ts';
import { createReplayReader } from './replays/read-replays.ts';
import { createHoldReader } from './rollouts/holds.ts';
import { createRolloutReader } from './rollouts/rollout-rows.ts';
import { createRunTargetReader } from './rollouts/run-targets.ts';
import { createStorageErrorMaker } from './storage-error.ts';
import type { StoreDialect } from './store-dialect.ts';
import type { Tables } from './tables.ts';
import { tokenFromRow } from './token-rows.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

/** A database that is open, as `sqlite.ts` and `postgres.ts` make it. */
export interface StoreDatabase {
  /** The database as messages name it, without credentials: `SQLite database /var/lib/ubugi/ubugi.db`. */
  readonly name: string;
  /** Sees what is committed, also while a transaction of `writer` is open. */
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  readonly dialect: StoreDialect;
  locks(writes: WriteQueue): ExclusiveLocks;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** What else a store can be given. */
export interface KyselyStoreOptions {
  readonly clock?: Clock | undefined;
  readonly history?: readonly Migration[] | undefined;
}

/** Migrates the database and gives the store on it. If that fails, the database is closed. */
export async function openKyselyStore(
  database: StoreDatabase,
  { clock = systemClock, history = migrationHistory }: KyselyStoreOptions = {},
): Promise<Store> {
  const storageError = createStorageErrorMaker(database.name);
  const writes = createWriteQueue(database.writer, storageError);
  try {
    await migrate({ writes, dialect: database.dialect, clock, database: database.name, history });
  } catch (error) {
    await database.close();
    throw storageError('Migrating the schema', error);
  }
  return createKyselyStore(database, writes, clock);
}

function createKyselyStore(database: StoreDatabase, writes: WriteQueue, clock: Clock): Store {
  const { reader, dialect } = database;
  const storageError = createStorageErrorMaker(database.name);
  const locks = database.locks(writes);

  async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageError(doing, error);
    }
  }

  const generations = createGenerationReader(reader);
  const holds = createHoldReader(reader, generations.part);
  const runTargets = createRunTargetReader(reader);
  const rollouts = createRolloutReader(reader);

  return {
    ...createReplayReader(reader, attempt),

    transaction: (work) =>
      writes.transact('A transaction', async (open) => {
        const session = createTransactionSession(open, dialect, storageError, clock);
        try {
          const value = await work(session.transaction);
          await session.finish();
          return value;
        } finally {
          session.end();
        }
      }),

    instance: (id) =>
      attempt(`Reading instance ${id}`, async () => {
        const row = await selectInstances(reader).where('id', '=', id).executeTakeFirst();
        return row && instanceFromRow(row);
      }),

    instancesNamed: (name) =>
      attempt('Reading instances by name', async () => {
        const rows = await selectInstances(reader)
          .where('name', '=', storableText(name))
          .orderBy('id')
          .execute();
        return rows.map(instanceFromRow);
      }),

    instances: ({ selection = {}, progress = {}, includeRemoved = false, after, limit }) =>
      attempt('Listing instances', async () => {
        const rows = await selectInstances(reader)
          .where((expression) => selectionConditions(expression, selection, dialect))
          .where((expression) => progressConditions(expression, progress))
          .$if(!includeRemoved, (query) => query.where('removed_at', 'is', null))
          .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
          .orderBy('id')
          .limit(limit + 1)
          .execute();
        const instances = rows.slice(0, limit).map(instanceFromRow);
        return { instances, next: rows.length > limit ? (instances.at(-1)?.id ?? null) : null };
      }),

    generation: (id, number) =>
      attempt(`Reading generation ${number} of instance ${id}`, () => generations.generation(id, number)),

    newestGeneration: (id) =>
      attempt(`Reading the newest generation of instance ${id}`, () => generations.newestGeneration(id)),

    generationHeaders: (id) =>
      attempt(`Listing the generations of instance ${id}`, () => generations.generationHeaders(id)),

    newestGenerations: (ids) =>
      attempt('Reading newest generations', () => generations.newestGenerations(ids)),

    part: (key) => attempt(`Reading part ${key}`, () => generations.part(key)),

    knownInstances: (ids) => attempt('Reading known instances', () => listKnownInstances(reader, ids)),

    baseDrive: (id, kind) =>
      attempt(`Reading the ${kind} base drive of instance ${id}`, () => readBaseDrive(reader, id, kind)),

    holds: () => attempt('Reading holds', () => holds.holds()),

    heldParts: (wanted) => attempt('Reading held parts', () => holds.heldParts(wanted)),

    runProgress: (run, query) =>
      attempt(`Reading the progress of run ${run}`, () => runTargets.runProgress(run, query)),

    rollout: (id) => attempt(`Reading rollout ${id}`, () => rollouts.rollout(id)),

    rollouts: (query) => attempt('Listing rollouts', () => rollouts.rollouts(query)),

    rolloutCounts: (id) => attempt(`Counting rollout ${id}`, () => rollouts.rolloutCounts(id)),

    rolloutInstances: (query) =>
      attempt(`Listing the instances of rollout ${query.rollout}`, () => rollouts.rolloutInstances(query)),

    openRolloutInstances: (id) =>
      attempt(`Listing what is under way of rollout ${id}`, () => rollouts.openRolloutInstances(id)),

    reports: (id, limit) =>
      attempt(`Reading reports of instance ${id}`, async () => {
        const rows = await reader
          .selectFrom('reports')
          .select('body')
          .where('instance', '=', id)
          .orderBy('number', 'desc')
          .limit(limit)
          .execute();
        return rows.map(({ body }) => unpackJson(body) as AgentReport);
      }),

    syncRun: (id) =>
      attempt(`Reading sync run ${id}`, async () => {
        const row = await reader
          .selectFrom('sync_runs')
          .select('body')
          .where('id', '=', id)
          .executeTakeFirst();
        return row && (unpackJson(row.body) as SyncRun);
      }),

    syncRuns: (limit) =>
      attempt('Listing sync runs', async () => {
        const rows = await reader
          .selectFrom('sync_runs')
          .select('body')
          .orderBy('started_sortable', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute();
        return rows.map(({ body }) => unpackJson(body) as SyncRun);
      }),

    events: (query) => attempt('Reading events', () => listEvents(reader, query)),

    ...createPlacementReads(reader, attempt),

    tokens: () =>
      attempt('Listing tokens', async () => {
        const rows = await reader
          .selectFrom('tokens')
          .selectAll()
          .orderBy('created_at')
          .orderBy('id')
          .execute();
        return rows.map(tokenFromRow);
      }),

    tokenBySecretHash: (secretSha256) =>
      attempt('Looking a token up', async () => {
        const row = await reader
          .selectFrom('tokens')
          .selectAll()
          .where('secret_sha256', '=', storableText(secretSha256))
          .executeTakeFirst();
        return row && tokenFromRow(row);
      }),

    state: (name) =>
      attempt(`Reading the state ${name}`, async () => {
        const row = await reader
          .selectFrom('state')
          .select('body')
          .where('name', '=', name)
          .executeTakeFirst();
        return row && unpackJson(row.body);
      }),

    async exclusively(name, work) {
      const lock = await attempt(`Taking the lock ${name}`, () => locks.acquire(name));
      if (lock === undefined) {
        return undefined;
      }
      try {
        return { value: await work() };
      } finally {
        await attempt(`Releasing the lock ${name}`, () => lock.release());
      }
    },

    ping: () =>
      attempt('Asking for the schema', async () => {
        await reader.selectFrom('migrations').select('name').limit(1).execute();
      }),

    async close() {
      await writes.drained();
      await attempt('Closing', () => database.close());
    },
  };
}
