import type { Logger } from 'pino';
import type { InstanceOutcome, RecordProblem, SyncRun } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { PolicyDocument } from '../domain/policy-document.ts';
import type { Random } from '../domain/random.ts';
import type { Inventory, InventorySnapshot } from '../inventory/inventory.ts';
import type { Store, StoredInstance } from '../store/store.ts';
import { createBasisReader, type PolicySource } from './basis.ts';
import { commitPlan, planOutcome } from './commit-plan.ts';
import { createDiscovery } from './discover-instance.ts';
import { type KnownInstance, knownInstance, readKnownInstances } from './known-instances.ts';
import { createLiveRuns } from './live-runs.ts';
import { removalObjection } from './removal-guard.ts';
import { createRunTally, newRun, type RunTally } from './run-record.ts';
import { selectInstances } from './select-instances.ts';
import type { StartedRun, SyncJob, SyncTask } from './sync-job.ts';
import { type PlannedInstance, planInstances, planRemovals } from './sync-plan.ts';

/** What the sync job works with. */
export interface SyncPorts {
  readonly store: Store;
  readonly inventory: Inventory;
  readonly directory: Directory;
  readonly policy: PolicySource;
  readonly validators: Validators;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Logger, 'error'>;
}

/** Bounds of the job. */
export interface SyncOptions {
  /** Milliseconds that reading CMDB and directory may take together. */
  readonly fetchTimeoutMs: number;
}

const recordedProblems = 1000;
const defaultReason = {
  sync: 'sync',
  regenerate: 'regenerate-drive',
  'policy-trial': 'try-policy',
} as const;
/** One run at a time is under way, so an interrupted one is among the newest. */
const recentRuns = 10;

/** What is read before anything is compared. */
interface Reading {
  readonly snapshot: InventorySnapshot;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  /** Whether the snapshot is the whole CMDB, so that what is missing from it is gone. */
  readonly whole: boolean;
  readonly force: boolean;
  readonly overrideGuard: string | undefined;
}

/** How a run gets what it works on. */
interface Work {
  read(signal: AbortSignal): Promise<Reading>;
  /** The configured policy if absent. */
  policy?(): PolicyDocument;
}

/** The sync job: fetch → validate → diff → guard → commit, one run at a time across all servers of a store. */
export function createSyncJob(ports: SyncPorts, options: SyncOptions): SyncJob {
  const { store, inventory, clock, random } = ports;
  const live = createLiveRuns();
  const basis = createBasisReader(ports);

  function begin(
    kind: SyncRun['kind'],
    actor: string,
    request: { readonly dryRun?: boolean; readonly reason?: string },
  ): SyncRun {
    return newRun({
      id: random.uuid(),
      kind,
      actor,
      reason: request.reason ?? defaultReason[kind],
      dryRun: kind === 'policy-trial' || (request.dryRun ?? false),
      startedAt: clock.now().toISOString(),
    });
  }

  /** Runs alone, records the run before and after, and turns a failure into the run's state. */
  async function launch(run: SyncRun, work: Work): Promise<StartedRun> {
    return await new Promise<StartedRun>((resolve, reject) => {
      const finished = store.exclusively('sync', async () => {
        if (!run.dryRun) {
          await closeInterrupted();
          await store.transaction((transaction) => transaction.saveSyncRun(run));
        }
        live.add(run);
        resolve({ id: run.id, finished: ended });
        await conclude(run, work);
      });
      const ended = finished.then((held) => {
        if (held !== undefined) return run;
        throw new AppError(
          'busy',
          'another sync or regenerate-drive is under way: wait for it to finish, then try again',
        );
      });
      // After the start nobody waits for the promise that this one is: who waits for the end has `finished`.
      ended.catch(reject);
    });
  }

  async function conclude(run: SyncRun, work: Work): Promise<void> {
    const tally = createRunTally(run);
    try {
      await perform(run, tally, work);
      if (run.state === 'running') run.state = 'succeeded';
    } catch (error) {
      fail(run, error);
    }
    tally.finish();
    delete run.progress;
    run.finishedAt = clock.now().toISOString();
    if (!run.dryRun) await record(run);
  }

  /** Whoever holds the lock runs alone: a run that still says `running` ended with its server. */
  async function closeInterrupted(): Promise<void> {
    for (const run of await store.syncRuns(recentRuns)) {
      if (run.state !== 'running') continue;
      run.state = 'failed';
      run.error =
        'the server ended while it ran: what it had committed is whole, the next sync does the rest';
      run.finishedAt = clock.now().toISOString();
      await record(run);
    }
  }

  function fail(run: SyncRun, error: unknown): void {
    run.state = 'failed';
    if (error instanceof AppError) {
      run.error = error.message;
      run.problems = [...run.problems, ...(error.details.problems ?? [])].slice(0, recordedProblems);
    } else {
      ports.log.error({ err: error, run: run.id }, 'sync failed');
      run.error = 'internal error: the server log has it';
    }
  }

  async function perform(run: SyncRun, tally: RunTally, work: Work): Promise<void> {
    const signal = AbortSignal.timeout(options.fetchTimeoutMs);
    const [reading, current] = await Promise.all([
      work.read(signal),
      basis.read(signal, { policy: work.policy?.() }),
    ]);
    run.policyVersion = current.policyVersion;
    const { composer, rejected } = current;
    const input = { ...reading, inventory: inventory.name, composer, rejected };
    const plan = planInstances(input, ports.validators);
    const removals = reading.whole ? planRemovals(input) : [];
    run.problems = plan.problems.slice(0, recordedProblems);
    run.counts.instances = reading.snapshot.entries.length + reading.snapshot.quarantined.length;
    run.counts.unchanged = plan.unchanged;
    const guarded = guard(run, reading, removals.length);
    if (guarded === 'stop') return;
    const planned = [...plan.instances, ...removals];
    const note = (outcome: InstanceOutcome) => tally.note(outcome);
    if (run.dryRun) {
      for (const one of planned) note(await planOutcome(store, one));
      return;
    }
    if (guarded === 'overridden') await recordOverride(run, reading.overrideGuard ?? '', removals);
    await commitPlan(
      ports,
      planned,
      reading.known,
      {
        actor: run.actor,
        reason: run.reason,
        run: run.id,
        inventory: inventory.name,
        policyVersion: current.policyVersion,
      },
      note,
    );
  }

  function guard(run: SyncRun, reading: Reading, removals: number): 'pass' | 'overridden' | 'stop' {
    const present = [...reading.known.values()].filter(({ removed }) => !removed).length;
    const objection = reading.whole ? removalObjection(present, removals) : undefined;
    if (objection === undefined) return 'pass';
    if (reading.overrideGuard !== undefined) return 'overridden';
    run.state = 'stopped-by-guard';
    run.error = `${objection}: nothing was changed. Check the CMDB; if this is right, sync with --override-guard REASON`;
    return 'stop';
  }

  async function recordOverride(
    run: SyncRun,
    reason: string,
    removals: readonly PlannedInstance[],
  ): Promise<void> {
    await store.transaction((transaction) =>
      transaction.appendEvent({
        at: clock.now().toISOString(),
        actor: run.actor,
        action: 'guard-overridden',
        instance: null,
        reason,
        details: { run: run.id, removals: removals.length },
      }),
    );
  }

  async function record(run: SyncRun): Promise<void> {
    const isNews =
      run.state !== 'succeeded' || run.counts.instances !== run.counts.unchanged || run.actor !== 'timer';
    await store.transaction(async (transaction) => {
      await transaction.saveSyncRun(run);
      if (!isNews) return;
      await transaction.appendEvent({
        at: run.finishedAt ?? run.startedAt,
        actor: run.actor,
        action: `${run.kind}-${run.state}`,
        instance: null,
        reason: run.reason,
        details: { run: run.id, counts: run.counts, error: run.error },
      });
    });
  }

  async function readSelected(
    selected: readonly StoredInstance[],
    force: boolean,
    signal: AbortSignal,
  ): Promise<Reading> {
    const fetched = await inventory.fetch(
      selected.map(({ id }) => id),
      signal,
    );
    const hashes = await store.newestContentHashes();
    const listed = new Set([
      ...fetched.entries.map(({ record }) => record.id),
      ...fetched.quarantined.map(({ id }) => id),
    ]);
    const missing = selected.filter(({ id }) => !listed.has(id));
    const quarantined = missing.map(({ id, locator }) => ({
      id,
      locator,
      problems: [missingProblem(inventory.name, id, locator)],
    }));
    return {
      snapshot: { entries: fetched.entries, quarantined: [...fetched.quarantined, ...quarantined] },
      known: new Map(selected.map((instance) => [instance.id, knownInstance(instance, hashes)])),
      whole: false,
      force,
      overrideGuard: undefined,
    };
  }

  async function start(task: SyncTask, actor: string): Promise<StartedRun> {
    switch (task.kind) {
      case 'sync': {
        const { source, overrideGuard } = task.request;
        if (source !== undefined && !inventory.sources.includes(source)) {
          throw new AppError(
            'not-found',
            `no inventory ${source}: the configuration names ${inventory.sources.join(', ')}`,
          );
        }
        return await launch(begin('sync', actor, task.request), {
          read: async (signal) => ({
            snapshot: await inventory.fetchAll(signal, source),
            known: await readKnownInstances(store),
            whole: true,
            force: false,
            overrideGuard,
          }),
        });
      }
      case 'regenerate': {
        const { request } = task;
        const selected = await selectInstances(store, request);
        return await launch(begin('regenerate', actor, request), {
          read: (signal) => readSelected(selected, request.force ?? false, signal),
        });
      }
      case 'regenerate-instance': {
        const { id, request } = task;
        const selected = await selectInstances(store, { instances: [id] });
        return await launch(begin('regenerate', actor, request), {
          read: (signal) => readSelected(selected, request.force ?? false, signal),
        });
      }
      case 'policy-trial': {
        const texts = task.request.files.map(({ name, content }) => ({ file: name, text: content }));
        return await launch(begin('policy-trial', actor, {}), {
          policy: () => ports.policy.parse(texts),
          read: readStored,
        });
      }
    }
  }

  /** All instances as they are stored. */
  async function readStored(): Promise<Reading> {
    const entries = (await selectInstances(store, {})).map(({ record, locator }) => ({ record, locator }));
    return {
      snapshot: { entries, quarantined: [] },
      known: await readKnownInstances(store),
      whole: false,
      force: false,
      overrideGuard: undefined,
    };
  }

  return {
    start,
    run: async (task, actor) => await (await start(task, actor)).finished,
    live: (id) => live.get(id),
    discover: createDiscovery({ ...ports, basis }),
  };
}

function missingProblem(source: string, id: string, locator: string): RecordProblem {
  return {
    source,
    record: locator,
    field: 'id',
    message: `the CMDB does not list instance ${id} any more`,
    remedy: 'sync to take it out, or put the record back',
  };
}
