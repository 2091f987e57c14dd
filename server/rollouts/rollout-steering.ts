import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Holds } from '../store/ports/holds.ts';
import type { RolloutInstanceUpdate, StoredRollout } from '../store/ports/rollouts.ts';
import { type HoldSteering, takingBack } from '../sync/holds/hold-steering.ts';
import type { NotedOutcome } from '../sync/run/run-tally.ts';

/**
 * One stage: its instances are not held any more, and whatever is committed of them says in the same transaction that
 * they are under way. A server that ends midway has done so for whole instances, and the rest is still waiting.
 */
export function stageSteering(
  { id }: StoredRollout,
  stage: readonly InstanceId[],
  now: () => string,
): HoldSteering {
  const ids = new Set(stage);
  const of = { by: 'rollout', rollout: id } as const;
  const open = new Set(stage);
  return {
    steer: (holds) =>
      new Map([...holds].filter(([instance, { rollout }]) => rollout !== id || !ids.has(instance))),
    committed: async (transaction, outcomes) => {
      if ((await transaction.rollout(id))?.state !== 'running') throw stopped(id);
      const mine = outcomes.filter(({ instance }) => ids.has(instance as InstanceId));
      const done = mine.map(({ instance }) => instance as InstanceId);
      await transaction.releaseHolds(done, of);
      await transaction.updateRolloutInstances(id, mine.map(updateOf), now());
      for (const instance of done) open.delete(instance);
    },
    ended: async (transaction) => {
      const rest = [...open];
      await transaction.releaseHolds(rest, of);
      await transaction.updateRolloutInstances(
        id,
        rest.map((instance) => ({ instance, state: 'unchanged', generation: null })),
        now(),
      );
    },
  };
}

/** The way back: what the rollout changed goes back, and what still waits stays as it is. */
export function rollbackSteering(taken: Holds, kept: Holds, ended: HoldSteering['ended']): HoldSteering {
  const back = takingBack(taken);
  return {
    ...back,
    steer: (holds) => new Map([...back.steer(holds), ...kept]),
    ended: async (transaction) => {
      await back.ended(transaction);
      await transaction.saveHolds(kept);
      await ended(transaction);
    },
  };
}

function stopped(id: string): AppError {
  return new AppError('conflict', `rollout ${id} was stopped: the rest of its stage is left as it is`);
}

function updateOf({ instance, outcome, generation, held }: NotedOutcome): RolloutInstanceUpdate {
  const as = (state: RolloutInstanceUpdate['state'], reason?: string): RolloutInstanceUpdate => ({
    instance: instance as InstanceId,
    state,
    generation: state === 'under-way' ? generation : null,
    reason,
  });
  if (held !== undefined) return as('skipped', `it is held: ${held.reason}`);
  switch (outcome) {
    case 'created':
    case 'changed':
      return as('under-way');
    case 'unchanged':
      return as('unchanged');
    case 'quarantined':
      return as('skipped', 'its record is quarantined; it keeps its last good generation');
    case 'removed':
      return as('skipped', 'it was removed from the CMDB');
  }
}
