import type { Rollout } from '../../schemas/types/api.ts';
import type { RolloutInstanceState, RolloutReads } from '../store/ports/rollouts.ts';
import { rolloutView } from './rollout-view.ts';

/** Rollouts that have not ended, for the metrics. */
export interface RolloutCensus {
  /** How many are in which state. */
  states(): Promise<Readonly<Record<OpenState, number>>>;
  /** How many of their instances are in which state. */
  instances(): Promise<Readonly<Record<RolloutInstanceState, number>>>;
}

type OpenState = Extract<Rollout['state'], 'running' | 'halted'>;

const open: readonly OpenState[] = ['running', 'halted'];
/** More are not open at a time: an instance waits in one only, and people look after each. */
const mostOpen = 1000;

/** Counts what the store knows, whenever it is asked. */
export function createRolloutCensus(store: Pick<RolloutReads, 'rollouts' | 'rolloutCounts'>): RolloutCensus {
  const rollouts = async () => await store.rollouts({ states: open, limit: mostOpen });
  return {
    states: async () => {
      const counts = { running: 0, halted: 0 };
      for (const { state } of await rollouts())
        if (state === 'running' || state === 'halted') counts[state] += 1;
      return counts;
    },
    instances: async () => {
      const sums = {
        waiting: 0,
        'under-way': 0,
        applied: 0,
        unchanged: 0,
        failed: 0,
        silent: 0,
        skipped: 0,
        released: 0,
      };
      for (const rollout of await rollouts()) {
        const { total: _, ...counts } = (await rolloutView(store, rollout)).counts;
        for (const state of Object.keys(sums) as RolloutInstanceState[]) sums[state] += counts[state];
      }
      return sums;
    },
  };
}
