import type { RegenerateRequest, Rollout, RolloutSettings } from '../../schemas/types/api.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Random } from '../domain/random.ts';
import type { Hold, Holds } from '../store/ports/holds.ts';
import type { RolloutInstanceState, StoredRollout } from '../store/ports/rollouts.ts';
import type { Store, StoredInstance, StoreTransaction } from '../store/store.ts';
import { forgetBasis, readSyncState } from '../sync/read/sync-state.ts';
import { selectInstances } from '../sync/select-instances.ts';
import type { StartedRun, SyncJob } from '../sync/sync-job.ts';
import { defaultHaltAfter } from './halt-bound.ts';
import { sum } from './judge-rollout.ts';
import { rolloutEvent } from './rollout-event.ts';
import { rollbackSteering } from './rollout-steering.ts';
import { rolloutView } from './rollout-view.ts';
import { cutStages } from './stages.ts';

/** Who does something to a rollout, and why. */
export interface RolloutOrder {
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** Regenerates in stages. */
export interface Rollouts {
  /**
   * Begins one: all of its instances keep their own part, files and scripts until it is their turn. Fails with `busy`
   * while a run is under way, with `conflict` if one of them waits in another rollout, and as `selectInstances`.
   */
  create(request: RegenerateRequest, actor: string): Promise<Rollout>;
  /** Lets one that has halted go on, accepting what failed so far. Fails with `not-found` and `conflict`. */
  resume(id: string, order: RolloutOrder): Promise<Rollout>;
  /**
   * Ends one: what waits is let go of, and the next sync brings it today's state. Fails with `not-found`, `conflict` and,
   * while a run is under way, `busy`.
   */
  cancel(id: string, order: RolloutOrder): Promise<Rollout>;
  /**
   * Takes back what one has changed, in a run, and holds it and what still waits until a plain regenerate. Fails as
   * `cancel` does.
   */
  rollback(id: string, order: RolloutOrder): Promise<StartedRun>;
}

/** Seconds. */
const defaultBatchTimeout = 900;
const pageSize = 1000;
const ended: ReadonlySet<Rollout['state']> = new Set(['finished', 'cancelled', 'rolled-back']);

/** Whether a regenerate is to be made in stages. */
export function isStaged({ canary, batch, haltAfter, batchTimeoutSeconds }: RegenerateRequest): boolean {
  return [canary, batch, haltAfter, batchTimeoutSeconds].some((member) => member !== undefined);
}

/** Creates the rollouts of a store. */
export function createRollouts(ports: {
  readonly store: Store;
  readonly syncJob: Pick<SyncJob, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
}): Rollouts {
  const { store, syncJob, clock, random } = ports;
  const now = (): string => clock.now().toISOString();

  /** While no run plans with the holds as they are. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    const done = await store.exclusively('sync', work);
    if (done !== undefined) return done.value;
    throw new AppError(
      'busy',
      'a sync or regenerate-drive is under way: wait for it to finish, then try again',
    );
  }

  async function change(
    id: string,
    work: (rollout: StoredRollout, transaction: StoreTransaction) => Promise<StoredRollout>,
  ): Promise<Rollout> {
    const changed = await store.transaction(async (transaction) => {
      const rollout = await transaction.rollout(id);
      if (rollout === undefined) throw unknownRollout(id);
      const next = await work(rollout, transaction);
      await transaction.saveRollout(next);
      return next;
    });
    return await rolloutView(store, changed);
  }

  async function listed(id: string, states?: readonly RolloutInstanceState[]) {
    const found: { instance: InstanceId; previous: number; generation: number | null }[] = [];
    let after: number | undefined;
    do {
      const page = await store.rolloutInstances({ rollout: id, states, after, limit: pageSize });
      for (const { instance, previous, generation } of page.instances)
        found.push({ instance: instance as InstanceId, previous, generation });
      after = page.next ?? undefined;
    } while (after !== undefined);
    return found;
  }

  async function releaseWaiting(id: string, at: string, transaction: StoreTransaction): Promise<void> {
    const waiting = (await listed(id, ['waiting'])).map(({ instance }) => instance);
    await transaction.releaseHolds(waiting, { by: 'rollout', rollout: id });
    await transaction.updateRolloutInstances(
      id,
      waiting.map((instance) => ({ instance, state: 'released', generation: null })),
      at,
    );
  }

  return {
    create: async (request, actor) =>
      await alone(async () => {
        const selected = await selectInstances(store, request);
        refuseWaiting(selected);
        const settings = settingsOf(request);
        const { instances, stages } = cutStages(selected, settings, request.instances === undefined);
        if (instances.length === 0) {
          throw new AppError(
            'not-found',
            'no instance that has a generation matches: list the known ones, or sync first',
          );
        }
        const at = now();
        const rollout: StoredRollout = {
          id: random.uuid(),
          state: 'running',
          actor,
          reason: request.reason ?? 'regenerate-drive',
          createdAt: at,
          finishedAt: null,
          settings,
          stage: { number: 0, of: stages, startedAt: null },
          halt: null,
          problem: null,
          accepted: { failures: 0, stage: 0 },
        };
        const { id, reason } = rollout;
        const hold = { by: 'rollout', rollout: id, actor, reason, since: at } as const;
        const holds: Holds = new Map(
          instances.map(({ instance, previous }): [InstanceId, Hold] => [
            instance,
            { ...hold, generation: previous },
          ]),
        );
        await store.transaction(async (transaction) => {
          await transaction.saveRollout(rollout);
          await transaction.addRolloutInstances(id, instances, at);
          await transaction.saveHolds(holds);
          await transaction.appendEvent(rolloutEvent(rollout, 'rollout-started', { at, actor, reason }));
        });
        return await rolloutView(store, rollout);
      }),

    resume: async (id, { actor, reason = 'resumed' }) => {
      const failures = sum(await store.rolloutCounts(id), ['failed', 'silent']);
      return await change(id, async (rollout, transaction) => {
        if (rollout.state !== 'halted')
          throw wrongState(rollout, 'resumed', 'only one that has halted can be');
        await transaction.appendEvent(rolloutEvent(rollout, 'rollout-resumed', { at: now(), actor, reason }));
        const accepted = { failures, stage: rollout.stage.number };
        return { ...rollout, state: 'running', halt: null, problem: null, accepted };
      });
    },

    cancel: async (id, { actor, reason = 'cancelled' }) =>
      await alone(async () => {
        const state = await readSyncState(store);
        return await change(id, async (rollout, transaction) => {
          if (ended.has(rollout.state)) throw wrongState(rollout, 'cancelled', 'it has ended');
          const at = now();
          await releaseWaiting(id, at, transaction);
          await forgetBasis(transaction, state);
          await transaction.appendEvent(rolloutEvent(rollout, 'rollout-cancelled', { at, actor, reason }));
          return { ...rollout, state: 'cancelled', finishedAt: at };
        });
      }),

    rollback: async (id, { actor, reason = `roll back rollout ${id}` }) => {
      const at = now();
      const { state } = await change(id, (rollout) => {
        if (rollout.state === 'rolled-back') throw wrongState(rollout, 'rolled back', 'it was already');
        if (rollout.state !== 'running') return Promise.resolve(rollout);
        return Promise.resolve({ ...rollout, state: 'halted', halt: { at, reason } });
      });
      // A stage that is just being committed would change more than is listed here.
      const all = await alone(() => listed(id));
      const known = await store.knownInstances(all.map(({ instance }) => instance));
      const present = new Set(known.flatMap((one) => (one.removed ? [] : [one.id])));
      const holdOf = (previous: number): Hold => ({
        by: 'rollback',
        generation: previous,
        rollout: id,
        actor,
        reason,
        since: at,
      });
      const changed = all.filter(({ instance, generation }) => generation !== null && present.has(instance));
      const waiting = state === 'cancelled' ? [] : await listed(id, ['waiting']);
      const holdsOf = (list: typeof all): Holds =>
        new Map(list.map(({ instance, previous }) => [instance, holdOf(previous)]));
      const rollout = await store.rollout(id);
      if (rollout === undefined) throw unknownRollout(id);
      const steering = rollbackSteering(
        holdsOf(changed),
        holdsOf(waiting.filter(({ instance }) => present.has(instance))),
        async (transaction) => {
          await releaseWaiting(id, at, transaction);
          await transaction.saveRollout({ ...rollout, state: 'rolled-back', finishedAt: now() });
          await transaction.appendEvent(
            rolloutEvent(rollout, 'rollout-rolled-back', { at: now(), actor, reason }),
          );
        },
      );
      const ids = changed.map(({ instance }) => instance);
      return await syncJob.start({ kind: 'steered', ids, steering, request: { reason } }, actor);
    },
  };
}

function settingsOf(request: RegenerateRequest): RolloutSettings {
  return {
    canary: request.canary ?? 0,
    batch: request.batch ?? null,
    haltAfter: request.haltAfter ?? defaultHaltAfter,
    batchTimeoutSeconds: request.batchTimeoutSeconds ?? defaultBatchTimeout,
    force: request.force ?? false,
  };
}

function refuseWaiting(selected: readonly StoredInstance[]): void {
  const waiting = selected.find(({ hold }) => hold?.by === 'rollout');
  if (waiting === undefined) return;
  throw new AppError(
    'conflict',
    `instance ${waiting.record.name} (${waiting.id}) waits in rollout ${waiting.hold?.rollout ?? ''}: let that one finish, or cancel it`,
  );
}

function unknownRollout(id: string): AppError {
  return new AppError('not-found', `there is no rollout ${id}; list those that there are`);
}

function wrongState({ id, state }: StoredRollout, what: string, why: string): AppError {
  return new AppError('conflict', `rollout ${id} is ${state} and cannot be ${what}: ${why}`);
}
