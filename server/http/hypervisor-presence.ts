import type { AppPorts } from './app-ports.ts';

/** Keeps the time at which each hypervisor was last heard of. */
export interface HypervisorPresence {
  /**
   * Notes that a hypervisor asked for something. Waits for nothing and never fails: a drive is not held up by a sync
   * that is writing, nor refused because the disk is full.
   */
  see(host: string): void;
}

/** Milliseconds within which a hypervisor's requests are noted once: a write for each would slow a boot storm down. */
const noteEveryMs = 30_000;

/** Creates the presence over a store. Its memory is bounded by the hosts that have tokens. */
export function createHypervisorPresence({
  store,
  clock,
  log,
}: Pick<AppPorts, 'store' | 'clock' | 'log'>): HypervisorPresence {
  const noted = new Map<string, number>();
  return {
    see(host) {
      const now = clock.now();
      if (now.getTime() - (noted.get(host) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return;
      noted.set(host, now.getTime());
      store
        .transaction((transaction) => transaction.seeHypervisor(host, now.toISOString()))
        .catch((error: unknown) => {
          noted.delete(host);
          log.warn({ err: error, host }, 'the time a hypervisor was last seen could not be noted');
        });
    },
  };
}
