import type { RolloutSettings } from '../../schemas/types/api.ts';
import type { NewRolloutInstance } from '../store/ports/rollouts.ts';
import type { StoredInstance } from '../store/store.ts';

/** A selection cut into stages. */
export interface Staged {
  readonly instances: readonly NewRolloutInstance[];
  readonly stages: number;
}

/**
 * Cuts instances into the canary and the batches after it, in their order; those that have no generation yet have
 * nothing to hold back and are left to the next sync.
 * @param choosing the order is nobody's wish: machines that have what they should are taken for the canary first, as
 *   one that is off tells nothing
 */
export function cutStages(
  selected: readonly StoredInstance[],
  { canary, batch }: Pick<RolloutSettings, 'canary' | 'batch'>,
  choosing: boolean,
): Staged {
  const usable = selected.filter(({ newest }) => newest !== null);
  const ordered = choosing && canary > 0 ? [...usable].sort((a, b) => readiness(a) - readiness(b)) : usable;
  const first = Math.min(canary, ordered.length);
  const instances = ordered.map(({ id, newest }, index) => ({
    instance: id,
    previous: newest ?? 0,
    stage: stageOf(index, first, batch),
  }));
  return { instances, stages: instances.at(-1)?.stage ?? 0 };
}

function readiness({ newest, applied, failure }: StoredInstance): number {
  return newest === applied && failure === null ? 0 : 1;
}

function stageOf(index: number, canary: number, batch: number | null): number {
  if (index < canary) return 1;
  const after = canary > 0 ? 2 : 1;
  return batch === null ? after : after + Math.floor((index - canary) / batch);
}
