import type { Logger } from 'pino';
import type { SyncRun } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { Random } from '../domain/random.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { KnownInstance, Store } from '../store/store.ts';
import { createDiscovery } from './discover-instance.ts';
import type { GuardOptions } from './guard/sync-guard.ts';
import { followed, type HoldSteering, holdsAt, releasing, takingBack } from './holds/hold-steering.ts';
import { createPerformer, type Work } from './perform-run.ts';
import { createBasisReader, type PolicySource } from './read/basis.ts';
import { readNothing, readSelection } from './read/reading.ts';
import { readSources } from './read/sync-sources.ts';
import { readSyncState } from './read/sync-state.ts';
import { createLiveRuns } from './run/live-runs.ts';
import { newRun, recordedProblems } from './run/run-record.ts';
import { createRunTally } from './run/run-tally.ts';
import { selectInstances } from './select-instances.ts';
import type { StartedRun, SyncJob, SyncTask } from './sync-job.ts';

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
  readonly guard: GuardOptions;
}

/** One run at a time is under way, so an interrupted one is among the newest. */
const recentRuns = 10;
const defaultReason = {
  sync: 'sync',
  regenerate: 'regenerate-drive',
  'policy-trial': 'try-policy',
} as const;

/** The sync job: fetch → validate → diff → guard → commit, one run at a time across all servers of a store. */
export function createSyncJob(ports: SyncPorts, options: SyncOptions): SyncJob {
  const { store, inventory, clock, random } = ports;
  const live = createLiveRuns();
  const basis = createBasisReader(ports);
  const perform = createPerformer(ports, options);

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
      const held = store.exclusively('sync', async () => {
        if (!run.dryRun) {
          await closeInterrupted();
          await store.transaction((transaction) => transaction.saveSyncRun(run));
        }
        live.add(run);
        resolve({ id: run.id, finished });
        await conclude(run, work);
      });
      const finished = held.then((done) => {
        if (done !== undefined) return run;
        throw new AppError(
          'busy',
          'another sync or regenerate-drive is under way: wait for it to finish, then try again',
        );
      });
      // Before the start it is the answer; after it, the one who waits for the end has `finished`.
      finished.catch(reject);
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
      delete run.progress;
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

  async function record(run: SyncRun): Promise<void> {
    const { instances, unchanged, removed } = run.counts;
    const isNews =
      run.state !== 'succeeded' || instances !== unchanged || removed > 0 || run.actor !== 'schedule';
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

  async function regenerate(
    run: SyncRun,
    selected: readonly Pick<KnownInstance, 'id' | 'locator'>[],
    { force = false }: { readonly force?: boolean },
    steering: HoldSteering,
  ): Promise<StartedRun> {
    return await launch(run, {
      force,
      steering,
      read: async (signal) => {
        const [reading, current, state] = await Promise.all([
          readSelection({ store, inventory }, selected, signal),
          basis.read(signal),
          readSyncState(store),
        ]);
        return { reading, basis: current, state, sameBasis: false, recompose: 'none', next: undefined };
      },
    });
  }

  async function start(task: SyncTask, actor: string): Promise<StartedRun> {
    switch (task.kind) {
      case 'sync': {
        const { source, full = false, overrideGuard } = task.request;
        if (source !== undefined && !inventory.sources.includes(source)) {
          throw new AppError(
            'not-found',
            `no inventory ${source}: the configuration names ${inventory.sources.join(', ')}`,
          );
        }
        return await launch(begin('sync', actor, task.request), {
          overrideGuard,
          read: (signal) => readSources({ store, inventory, basis }, { source, full }, signal),
        });
      }
      case 'regenerate':
      case 'regenerate-instance': {
        const { request } = task;
        const selected = await selectInstances(
          store,
          task.kind === 'regenerate' ? task.request : { instances: [task.id] },
        );
        const run = begin('regenerate', actor, request);
        const ids = selected.map(({ id }) => id);
        const { reason, startedAt: since } = run;
        const steering =
          request.to === undefined
            ? releasing(ids)
            : takingBack(holdsAt(selected, request.to, { actor, reason, since }));
        return await regenerate(
          run,
          selected,
          request,
          followed(steering, run.id, ids, () => clock.now()),
        );
      }
      case 'steered': {
        const { ids, request, steering } = task;
        const selected = await store.knownInstances(ids);
        return await regenerate(begin('regenerate', actor, request), selected, request, steering);
      }
      case 'policy-trial': {
        const texts = task.request.files.map(({ name, content }) => ({ file: name, text: content }));
        return await launch(begin('policy-trial', actor, {}), {
          read: async (signal) => {
            const policy = ports.policy.parse(texts);
            const [reading, current] = await Promise.all([
              readNothing(store),
              basis.read(signal, { policy }),
            ]);
            return {
              reading,
              basis: current,
              state: undefined,
              sameBasis: false,
              recompose: 'all',
              next: undefined,
            };
          },
        });
      }
    }
  }

  return {
    settle: async () => void (await store.exclusively('sync', closeInterrupted)),
    start,
    run: async (task, actor) => await (await start(task, actor)).finished,
    live: (id) => live.get(id),
    discover: createDiscovery({ ...ports, basis }),
  };
}
