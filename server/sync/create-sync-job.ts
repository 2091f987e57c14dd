import type { Logger } from 'pino';
import type { InstanceOutcome, RecordProblem, RegenerateRequest, SyncRun } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../domain/clock.ts';
import { createGuestComposer } from '../domain/compose/compose-guest.ts';
import { indexDirectory } from '../domain/compose/directory-index.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { PolicyDocument } from '../domain/policy-document.ts';
import type { Random } from '../domain/random.ts';
import type { Inventory, InventorySnapshot } from '../inventory/inventory.ts';
import type { KnownInstance, Store, StoredInstance } from '../store/store.ts';
import { commitPlan, planOutcome } from './commit-plan.ts';
import { readKnownInstances } from './known-instances.ts';
import { removalObjection } from './removal-guard.ts';
import { selectInstances } from './select-instances.ts';
import type { SyncJob } from './sync-job.ts';
import { type PlannedInstance, planInstances, planRemovals } from './sync-plan.ts';

/** What the sync job works with. */
export interface SyncPorts {
  readonly store: Store;
  readonly inventory: Inventory;
  readonly directory: Directory;
  /** Reads the policy files anew; fails with `policy-invalid`. */
  readonly loadPolicy: () => Promise<PolicyDocument>;
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

const recordedOutcomes = 1000;
const recordedProblems = 1000;
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

/** The sync job: fetch → validate → diff → guard → commit, one run at a time across all servers of a store. */
export function createSyncJob(ports: SyncPorts, options: SyncOptions): SyncJob {
  const { store, inventory, directory, clock, random } = ports;

  function newRun(
    kind: SyncRun['kind'],
    actor: string,
    request: { dryRun?: boolean; reason?: string },
  ): SyncRun {
    return {
      id: random.uuid(),
      kind,
      state: 'running',
      actor,
      reason: request.reason ?? (kind === 'sync' ? 'sync' : 'regenerate-drive'),
      dryRun: request.dryRun ?? false,
      startedAt: clock.now().toISOString(),
      finishedAt: null,
      counts: { instances: 0, created: 0, changed: 0, unchanged: 0, removed: 0, quarantined: 0 },
      problems: [],
      outcomes: [],
      error: null,
    };
  }

  /** Runs alone, records the run before and after, and turns a failure into the run's state. */
  async function execute(run: SyncRun, read: (signal: AbortSignal) => Promise<Reading>): Promise<SyncRun> {
    const held = await store.exclusively('sync', async () => {
      if (!run.dryRun) {
        await closeInterrupted();
        await store.transaction((transaction) => transaction.saveSyncRun(run));
      }
      try {
        await perform(run, read);
        if (run.state === 'running') run.state = 'succeeded';
      } catch (error) {
        fail(run, error);
      }
      run.finishedAt = clock.now().toISOString();
      if (!run.dryRun) await record(run);
      return run;
    });
    if (held === undefined) {
      throw new AppError(
        'busy',
        'another sync or regenerate-drive is under way: wait for it to finish, then try again',
      );
    }
    return held.value;
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

  async function perform(run: SyncRun, read: (signal: AbortSignal) => Promise<Reading>): Promise<void> {
    const signal = AbortSignal.timeout(options.fetchTimeoutMs);
    const policy = await ports.loadPolicy();
    const [reading, people] = await Promise.all([read(signal), directory.fetchAll(signal)]);
    const input = {
      ...reading,
      inventory: inventory.name,
      composer: createGuestComposer(indexDirectory(directory.name, people), policy),
      rejected: people.rejected,
    };
    const plan = planInstances(input, ports.validators);
    const removals = reading.whole ? planRemovals(input) : [];
    run.problems = plan.problems.slice(0, recordedProblems);
    run.counts.instances = reading.snapshot.entries.length + reading.snapshot.quarantined.length;
    run.counts.unchanged = plan.unchanged;
    const guarded = guard(run, reading, removals.length);
    if (guarded === 'stop') return;
    const planned = [...plan.instances, ...removals];
    const note = (outcome: InstanceOutcome) => noteOutcome(run, outcome);
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
        policyVersion: policy.version,
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
      known: await readKnownInstances(
        store,
        selected.map(({ id }) => id),
      ),
      whole: false,
      force,
      overrideGuard: undefined,
    };
  }

  async function regenerateSelected(
    selected: readonly StoredInstance[],
    request: Pick<RegenerateRequest, 'dryRun' | 'force' | 'reason'>,
    actor: string,
  ): Promise<SyncRun> {
    return execute(newRun('regenerate', actor, request), (signal) =>
      readSelected(selected, request.force ?? false, signal),
    );
  }

  return {
    async sync(request, actor) {
      if (request.source !== undefined && request.source !== inventory.name) {
        throw new AppError(
          'not-found',
          `no inventory ${request.source}: the configuration names ${inventory.name}`,
        );
      }
      return execute(newRun('sync', actor, request), async (signal) => ({
        snapshot: await inventory.fetchAll(signal),
        known: await readKnownInstances(store),
        whole: true,
        force: false,
        overrideGuard: request.overrideGuard,
      }));
    },
    async regenerate(request, actor) {
      return regenerateSelected(await selectInstances(store, request), request, actor);
    },
    async regenerateInstance(id, request, actor) {
      return regenerateSelected(await selectInstances(store, { instances: [id] }), request, actor);
    },
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

function noteOutcome(run: SyncRun, outcome: InstanceOutcome): void {
  run.counts[outcome.outcome]++;
  if (outcome.outcome !== 'unchanged' && run.outcomes.length < recordedOutcomes) run.outcomes.push(outcome);
}
