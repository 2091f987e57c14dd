import type { Rollout } from '../../schemas/types/api.ts';
import type { RolloutReads, StoredRollout } from '../store/ports/rollouts.ts';

/** A rollout with its counts as they are now. */
export async function rolloutView(
  store: Pick<RolloutReads, 'rolloutCounts'>,
  rollout: StoredRollout,
): Promise<Rollout> {
  const counts: Rollout['counts'] = {
    total: 0,
    waiting: 0,
    'under-way': 0,
    applied: 0,
    unchanged: 0,
    failed: 0,
    silent: 0,
    skipped: 0,
    released: 0,
  };
  for (const { state, count } of await store.rolloutCounts(rollout.id)) {
    counts[state] += count;
    counts.total += count;
  }
  return { ...rollout, counts };
}
