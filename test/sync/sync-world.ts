import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { SyncRequest, SyncRun } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import type { DirectorySnapshot } from '../../server/directory/directory.ts';
import type { AppError } from '../../server/domain/errors.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import type { PolicyDocument } from '../../server/domain/policy-document.ts';
import { systemRandom } from '../../server/domain/random.ts';
import type { InventoryChanges, QuarantinedRecord, RecordChange } from '../../server/inventory/inventory.ts';
import { createSqliteStore } from '../../server/store/sqlite.ts';
import type { Store } from '../../server/store/store.ts';
import { createSyncJob } from '../../server/sync/create-sync-job.ts';
import { guardOptions } from '../../server/sync/guard/sync-guard.ts';
import type { SyncJob } from '../../server/sync/sync-job.ts';
import { sampleDirectory, samplePolicy, sampleRecord } from '../domain/sample.ts';

/** What CMDB, directory and policy say at the moment; a test changes it between runs. */
export interface World {
  records: readonly InstanceRecord[];
  quarantined: readonly QuarantinedRecord[];
  /** Who changed which record last, by its name. */
  changers: ReadonlyMap<string, RecordChange>;
  /** What a reading of changes gives; `unable`: the CMDB cannot tell, and gives no cursor either. */
  changes: 'unable' | ((cursor: string) => InventoryChanges | undefined);
  directory: DirectorySnapshot;
  policy: PolicyDocument;
  trial: PolicyDocument;
  failure: AppError | undefined;
  /** Called while the directory is being read. */
  meanwhile: () => Promise<void>;
  now: Date;
  /** What was asked of the CMDB. */
  readonly asked: string[];
}

/** A sync job on a real store in a scratch folder, in a world that a test makes up. */
export interface SyncWorld {
  readonly world: World;
  readonly store: Store;
  readonly job: SyncJob;
  sync(request?: SyncRequest): Promise<SyncRun>;
  /** Actions of all events so far. */
  actions(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const validators = createValidators();

/** The instance with this number, `web-01` and so on. */
export function numbered(number: number, changes: Partial<InstanceRecord> = {}): InstanceRecord {
  const suffix = String(number).padStart(2, '0');
  return sampleRecord({
    id: `5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a${suffix}`,
    name: `web-${suffix}`,
    ...changes,
  });
}

/** Its id. */
export function numberedId(number: number): InstanceId {
  return numbered(number).id as InstanceId;
}

/**
 * A world of three instances of which the store knows nothing yet.
 * @param given a store to use instead of a new one; it is left open
 */
export async function createSyncWorld(given?: Store): Promise<SyncWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-sync-'));
  const store = given ?? (await createSqliteStore({ path: join(folder, 'ubugi.db') }));
  const world: World = {
    records: [numbered(1), numbered(2), numbered(3)],
    quarantined: [],
    changers: new Map(),
    changes: 'unable',
    directory: sampleDirectory(),
    policy: samplePolicy(),
    trial: samplePolicy(),
    failure: undefined,
    meanwhile: async () => {},
    now: new Date('2026-01-02T03:04:05Z'),
    asked: [],
  };
  const snapshot = (records: readonly InstanceRecord[]) => ({
    entries: records.map((record) => entryOf(world, record)),
    quarantined: world.quarantined,
  });
  const job = createSyncJob(
    {
      store,
      inventory: {
        name: 'cmdb',
        sources: ['cmdb'],
        fetchAll: async () => {
          world.asked.push('all');
          return { ...snapshot(world.records), ...(world.changes === 'unable' ? {} : { cursor: 'start' }) };
        },
        fetch: async (ids) => {
          world.asked.push(`ids ${ids.join()}`);
          return snapshot(world.records.filter(({ id }) => ids.includes(id)));
        },
        fetchNamed: async (name) => {
          world.asked.push(`name ${name}`);
          return snapshot(world.records.filter((record) => record.name === name));
        },
        fetchChanges: async (cursor) => {
          world.asked.push(`since ${cursor}`);
          return world.changes === 'unable' ? undefined : world.changes(cursor);
        },
      },
      directory: {
        name: 'ldap',
        fetchAll: async () => {
          await world.meanwhile();
          if (world.failure !== undefined) throw world.failure;
          return world.directory;
        },
        close: async () => {},
      },
      policy: { load: async () => world.policy, parse: () => world.trial },
      validators,
      clock: { now: () => world.now },
      random: systemRandom,
      log: pino({ level: 'silent' }),
    },
    { fetchTimeoutMs: 10_000, guard: guardOptions() },
  );
  return {
    world,
    store,
    job,
    sync: (request = {}) => job.run({ kind: 'sync', request }, 'ops'),
    actions: async () => (await store.events({ limit: 1000 })).map(({ action }) => action),
    close: async () => {
      if (given === undefined) await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A record as the inventory lists it. */
export function entryOf({ changers }: Pick<World, 'changers'>, record: InstanceRecord) {
  const lastChange = changers.get(record.name);
  return {
    record,
    locator: `instances.csv (${record.name})`,
    ...(lastChange === undefined ? {} : { lastChange }),
  };
}
