import type { Clock } from '../domain/clock.ts';
import type { Store } from '../store/store.ts';

/** Keeps the time at which each hypervisor was last heard of. */
export interface HypervisorPresence {
  /** Notes that a hypervisor asked for something. */
  see(host: string): Promise<void>;
}

/** Milliseconds within which a hypervisor's requests are noted once: a write for each would slow a boot storm down. */
const noteEveryMs = 30_000;

/** Creates the presence over a store. Its memory is bounded by the hosts that have tokens. */
export function createHypervisorPresence({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'transaction'>;
  readonly clock: Clock;
}): HypervisorPresence {
  const noted = new Map<string, number>();
  return {
    async see(host) {
      const now = clock.now();
      if (now.getTime() - (noted.get(host) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return;
      noted.set(host, now.getTime());
      try {
        await store.transaction((transaction) => transaction.seeHypervisor(host, now.toISOString()));
      } catch (error) {
        noted.delete(host);
        throw error;
      }
    },
  };
}
