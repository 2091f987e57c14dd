import type { Heartbeat } from '../../schemas/types/api.ts';
import type { AppPorts } from './app-ports.ts';

/** Keeps the time at which each hypervisor was last heard of, and what it last said of itself. */
export interface HypervisorPresence {
  /**
   * Notes that a hypervisor asked for something. Waits for nothing and never fails: a drive is not held up by a sync
   * that is writing, nor refused because the disk is full.
   */
  see(host: string): void;
  /** Notes a heartbeat, likewise. */
  beat(host: string, beat: Heartbeat): void;
}

/** Milliseconds within which a hypervisor's requests are noted once: a write for each would slow a boot storm down. */
const noteEveryMs = 30_000;
/** Milliseconds from one write to the next: thousands of hypervisors share a transaction. */
const writeEveryMs = 1000;

/** Creates the presence over a store. Its memory is bounded by the hosts that have tokens. */
export function createHypervisorPresence({
  store,
  clock,
  log,
}: Pick<AppPorts, 'store' | 'clock' | 'log'>): HypervisorPresence {
  const noted = new Map<string, number>();
  let seen = new Map<string, string>();
  let beats = new Map<string, { readonly at: string; readonly beat: Heartbeat }>();
  let writing = false;

  async function write(): Promise<void> {
    const [hosts, said] = [seen, beats];
    seen = new Map();
    beats = new Map();
    try {
      await store.transaction(async (transaction) => {
        await transaction.saveHeartbeats(said);
        for (const [host, at] of hosts) {
          if (!said.has(host)) await transaction.seeHypervisor(host, at);
        }
      });
    } catch (error) {
      for (const host of hosts.keys()) noted.delete(host);
      log.warn(
        { err: error, hosts: hosts.size + said.size },
        'hypervisors that were heard of could not be noted',
      );
    }
  }

  function writeSoon(): void {
    if (writing) return;
    writing = true;
    void write().finally(() => {
      const timer = setTimeout(() => {
        writing = false;
        if (seen.size + beats.size > 0) writeSoon();
      }, writeEveryMs);
      timer.unref();
    });
  }

  return {
    see(host) {
      const now = clock.now();
      if (now.getTime() - (noted.get(host) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return;
      noted.set(host, now.getTime());
      seen.set(host, now.toISOString());
      writeSoon();
    },
    beat(host, beat) {
      beats.set(host, { at: clock.now().toISOString(), beat });
      writeSoon();
    },
  };
}
