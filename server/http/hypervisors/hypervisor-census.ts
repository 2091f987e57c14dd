import type { Hypervisor } from '../../../schemas/types/api.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Store } from '../../store/store.ts';
import type { ChangeFeed } from './change-feed.ts';
import { heartbeatState } from './hypervisor-view.ts';

/** How many hypervisors there are, for the metrics. */
export interface HypervisorCensus {
  /** By the state of their heartbeat. */
  states(): Promise<Readonly<Record<Hypervisor['state'], number>>>;
  /** Requests that wait for changes. */
  waiting(): number;
}

/** Counts what the store knows, whenever it is asked. */
export function createHypervisorCensus(
  { store, clock, feed }: { readonly store: Store; readonly clock: Clock; readonly feed: ChangeFeed },
  { staleMinutes }: { readonly staleMinutes: number },
): HypervisorCensus {
  return {
    waiting: () => feed.waiting(),
    states: async () => {
      const counts = { beating: 0, stale: 0, silent: 0 };
      const now = clock.now();
      for (const { heartbeatAt } of await store.hypervisors())
        counts[heartbeatState(heartbeatAt, now, staleMinutes)] += 1;
      return counts;
    },
  };
}
