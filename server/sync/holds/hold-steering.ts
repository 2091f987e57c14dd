import { AppError } from '../../domain/errors.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Hold, Holds } from '../../store/ports/holds.ts';
import type { StoredInstance, StoreTransaction } from '../../store/store.ts';
import type { NotedOutcome } from '../run/run-tally.ts';

/** How a run changes what is held back: in one transaction with what it commits. */
export interface HoldSteering {
  /** The holds that it plans with. */
  steer(holds: Holds): Holds;
  /** In the transaction that commits these outcomes. */
  committed(transaction: StoreTransaction, outcomes: readonly NotedOutcome[]): Promise<void>;
  /** In its last transaction, which comes after all others. */
  ended(transaction: StoreTransaction): Promise<void>;
}

/** A regenerate of these instances brings them back to today, unless they wait in a rollout. */
export function releasing(ids: readonly InstanceId[]): HoldSteering {
  const released = new Set(ids);
  const of = { by: 'rollback' } as const;
  return {
    steer: (present) =>
      new Map([...present].filter(([id, { by }]) => by !== 'rollback' || !released.has(id))),
    committed: async (transaction, outcomes) => {
      await transaction.releaseHolds(among(released, outcomes), of);
    },
    ended: async (transaction) => {
      await transaction.releaseHolds(ids, of);
    },
  };
}

/** Takes instances back to generations, and keeps them there. */
export function takingBack(taken: Holds): HoldSteering {
  return {
    steer: (present) => new Map([...present, ...taken]),
    committed: async (transaction, outcomes) => {
      await transaction.saveHolds(
        new Map(
          outcomes.flatMap(({ instance }) => {
            const id = instance as InstanceId;
            const hold = taken.get(id);
            return hold === undefined ? [] : [[id, hold] as const];
          }),
        ),
      );
    },
    ended: async (transaction) => {
      await transaction.saveHolds(taken);
    },
  };
}

/** Notes what a run made when it ends, so that one can follow how far it has come. */
export function followed(
  steering: HoldSteering,
  run: string,
  ids: readonly InstanceId[],
  now: () => Date,
): HoldSteering {
  return {
    ...steering,
    ended: async (transaction) => {
      await steering.ended(transaction);
      const at = now();
      await transaction.saveRunTargets(run, ids, {
        now: at.toISOString(),
        forget: new Date(at.getTime() - followedMs).toISOString(),
      });
    },
  };
}

/** For so long it is known how far the instances of a run are. */
const followedMs = 7 * 86_400_000;

/**
 * Holds of instances at one generation. Fails with `not-found`, naming the first instance that does not have it.
 * @param why who takes them back and for what reason
 */
export function holdsAt(
  instances: readonly StoredInstance[],
  generation: number,
  why: Pick<Hold, 'actor' | 'reason' | 'since'>,
): Holds {
  const without = instances.find(({ newest }) => (newest ?? 0) < generation);
  if (without !== undefined) {
    throw new AppError(
      'not-found',
      `instance ${without.record.name} (${without.id}) has no generation ${generation}; its newest is ${without.newest ?? 'none'}`,
    );
  }
  return new Map(instances.map(({ id }) => [id, { by: 'rollback', generation, ...why }]));
}

function among(ids: ReadonlySet<InstanceId>, outcomes: readonly NotedOutcome[]): readonly InstanceId[] {
  return outcomes.flatMap(({ instance }) =>
    ids.has(instance as InstanceId) ? [instance as InstanceId] : [],
  );
}
