import type { Rollout } from '../../schemas/types/api.ts';
import type { Log } from '../config/log.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { StoredRollout } from '../store/ports/rollouts.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { SyncJob } from '../sync/sync-job.ts';
import { judgeRollout } from './judge-rollout.ts';
import { rolloutEvent } from './rollout-event.ts';
import { stageSteering } from './rollout-steering.ts';
import { settleInstance } from './settle-instance.ts';

/** What moving rollouts on works with. */
export interface AdvancePorts {
  readonly store: Store;
  readonly syncJob: Pick<SyncJob, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
}

const actor = 'rollout';
const active: readonly Rollout['state'][] = ['running', 'halted'];
const mostAtOnce = 100;
const pageSize = 1000;

/**
 * Moves all rollouts on as far as reports and time allow. All that it knows is in the store, so it goes on where it, or
 * another server, was ended; of several servers of one store one does it at a time.
 */
export function createRolloutAdvance(ports: AdvancePorts): () => Promise<void> {
  const { store, syncJob, clock, log } = ports;
  const now = (): string => clock.now().toISOString();

  /** Changes a rollout that is in one of these states; the others are left as they are. */
  async function change(
    id: string,
    states: readonly Rollout['state'][],
    work: (rollout: StoredRollout, transaction: StoreTransaction) => Promise<Partial<StoredRollout>>,
  ): Promise<void> {
    await store.transaction(async (transaction) => {
      const rollout = await transaction.rollout(id);
      if (rollout === undefined || !states.includes(rollout.state)) return;
      await transaction.saveRollout({ ...rollout, ...(await work(rollout, transaction)) });
    });
  }

  async function settle({ id, settings }: StoredRollout): Promise<void> {
    const open = await store.openRolloutInstances(id);
    const deadline = clock.now().getTime() - settings.batchTimeoutSeconds * 1000;
    const updates = open.flatMap((one) => settleInstance(one, Date.parse(one.since) <= deadline) ?? []);
    if (updates.length === 0) return;
    await store.transaction((transaction) => transaction.updateRolloutInstances(id, updates, now()));
  }

  async function halt(id: string, reason: string): Promise<void> {
    await change(id, ['running'], async (rollout, transaction) => {
      await transaction.appendEvent(rolloutEvent(rollout, 'rollout-halted', { at: now(), actor, reason }));
      return { state: 'halted', halt: { at: now(), reason }, problem: null };
    });
  }

  async function finish(id: string): Promise<void> {
    await change(id, ['running'], async (rollout, transaction) => {
      const { reason } = rollout;
      await transaction.appendEvent(rolloutEvent(rollout, 'rollout-finished', { at: now(), actor, reason }));
      return { state: 'finished', finishedAt: now(), problem: null };
    });
  }

  async function waiting(rollout: string, stage: number): Promise<readonly InstanceId[]> {
    const ids: InstanceId[] = [];
    let after: number | undefined;
    do {
      const page = await store.rolloutInstances({
        rollout,
        stage,
        states: ['waiting'],
        after,
        limit: pageSize,
      });
      for (const { instance } of page.instances) ids.push(instance as InstanceId);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return ids;
  }

  /** Whether the stage was started: if not, it is tried again at the next look. */
  async function start(rollout: StoredRollout, number: number): Promise<boolean> {
    const { id, stage } = rollout;
    if (stage.number !== number) {
      await change(id, ['running'], () => Promise.resolve({ stage: { ...stage, number, startedAt: now() } }));
    }
    const ids = await waiting(id, number);
    const steering = stageSteering(rollout, ids, now);
    const reason = `rollout ${id}, stage ${number} of ${stage.of}: ${rollout.reason}`;
    const request = { reason, force: rollout.settings.force };
    try {
      const run = await syncJob.run({ kind: 'steered', ids, steering, request }, rollout.actor);
      if (run.state === 'succeeded') {
        if (rollout.problem !== null) await change(id, ['running'], () => Promise.resolve({ problem: null }));
        return true;
      }
      await noteProblem(rollout, run.error ?? run.state);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code !== 'busy') await noteProblem(rollout, error.message);
    }
    return false;
  }

  /** A source that is away for a while is waited for as long as for the reports of a stage. */
  async function noteProblem({ id, problem, settings }: StoredRollout, error: string): Promise<void> {
    const since = problem?.since ?? now();
    const waitedMs = clock.now().getTime() - Date.parse(since);
    if (waitedMs >= settings.batchTimeoutSeconds * 1000) {
      await halt(id, `the next stage cannot be started: ${error}`);
      return;
    }
    await change(id, ['running'], () => Promise.resolve({ problem: { since, error } }));
  }

  /** One step; whether there may be another one right away. */
  async function step(id: string): Promise<boolean> {
    const rollout = await store.rollout(id);
    if (rollout === undefined || !active.includes(rollout.state)) return false;
    await settle(rollout);
    if (rollout.state !== 'running') return false;
    const verdict = judgeRollout(rollout, await store.rolloutCounts(id));
    switch (verdict.kind) {
      case 'wait':
        return false;
      case 'halt':
        await halt(id, verdict.reason);
        return false;
      case 'finish':
        await finish(id);
        return false;
      case 'start':
        return await start(rollout, verdict.stage);
    }
  }

  return async () => {
    const [one] = await store.rollouts({ states: active, limit: 1 });
    if (one === undefined) return;
    await store.exclusively('rollouts', async () => {
      for (const { id } of await store.rollouts({ states: active, limit: mostAtOnce })) {
        try {
          while (await step(id));
        } catch (error) {
          log.error({ err: error, rollout: id }, 'rollout cannot go on');
        }
      }
    });
  };
}
