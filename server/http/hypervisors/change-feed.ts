import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../config/log.ts';
import { AppError } from '../../domain/errors.ts';
import type { Random } from '../../domain/random.ts';
import type { Store } from '../../store/store.ts';

/** What ended a wait. `closing`: the server stops, or whoever waited went away. */
export type WaitEnd = 'changed' | 'quiet' | 'closing';

/** Lets hosts wait for changes of their instances. */
export interface ChangeFeed {
  /**
   * Waits until there is something to tell a host after this change, by any server of the database.
   * Fails with `too-many-requests` where too many wait.
   */
  wait(
    host: string,
    after: number,
    options: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<WaitEnd>;
  /** How many wait. */
  waiting(): number;
  /** Ends all waits, now and from now on. */
  close(): Promise<void>;
}

/** Bounds of a feed. */
export interface ChangeFeedOptions {
  /** Waits at a time. */
  readonly limit: number;
  /** Milliseconds from one look at the database to the next, while anyone waits. */
  readonly lookEveryMs: number;
}

interface Waiter {
  readonly after: number;
  end(end: WaitEnd): void;
}

/** Of one host: one that starts again before the server sees that its connection broke, and an operator. */
const waitsOfAHost = 4;
/** Answers that begin in one turn of the event loop, so that a change for all does not hold up a boot. */
const wakesATurn = 32;

/** Begins an epoch of the feed, and gives the feed over it. */
export async function openChangeFeed(
  { store, random, log }: { readonly store: Store; readonly random: Random; readonly log: Log },
  options: ChangeFeedOptions,
): Promise<ChangeFeed> {
  const beginEpoch = async (): Promise<void> => {
    const id = random.bytes(8).toString('hex');
    await store.transaction((transaction) => transaction.beginEpoch(id));
  };
  await beginEpoch();

  const waiters = new Map<string, Set<Waiter>>();
  /** The newest change of each host that was looked at. */
  const newest = new Map<string, number>();
  let count = 0;
  let seen = 0;
  let closed = false;
  let failing = false;
  let looking: Promise<void> | undefined;
  const pause = createPause();

  async function look(): Promise<void> {
    const { change } = await store.feedHead();
    if (change < seen) {
      // A backup was put back while this server ran.
      log.warn({ change, seen }, 'the database is older than before: hosts are told everything anew');
      await beginEpoch();
      seen = 0;
      newest.clear();
      await wake([...waiters.keys()], () => true);
    }
    if (change === seen) return;
    const changed = await store.changedHosts(seen);
    for (const { host, change: latest } of changed) newest.set(host, latest);
    seen = change;
    await wake(
      changed.map(({ host }) => host),
      (waiter, host) => waiter.after < (newest.get(host) ?? 0),
    );
  }

  async function wake(
    hosts: readonly string[],
    concerns: (waiter: Waiter, host: string) => boolean,
  ): Promise<void> {
    let woken = 0;
    for (const host of hosts) {
      for (const waiter of waiters.get(host) ?? []) {
        if (!concerns(waiter, host)) continue;
        waiter.end('changed');
        woken += 1;
        if (woken % wakesATurn === 0) await nextTurn();
      }
    }
  }

  const isNeeded = (): boolean => count > 0 && !closed;

  async function lookOn(): Promise<void> {
    while (isNeeded()) {
      try {
        await look();
        failing = false;
      } catch (error) {
        if (!failing) log.error({ err: error }, 'changes cannot be looked for; hosts go on waiting');
        failing = true;
      }
      await pause.for(options.lookEveryMs);
    }
  }

  function startLooking(): void {
    looking ??= lookOn().finally(() => {
      looking = undefined;
      if (isNeeded()) startLooking();
    });
  }

  return {
    waiting: () => count,
    wait: async (host, after, { withinMs, signal }) => {
      if (closed || signal.aborted) return 'closing';
      if (after < (newest.get(host) ?? 0)) return 'changed';
      const ofHost = waiters.get(host) ?? new Set<Waiter>();
      if (count >= options.limit || ofHost.size >= waitsOfAHost) {
        throw new AppError(
          'too-many-requests',
          ofHost.size >= waitsOfAHost
            ? `hypervisor ${host} waits for changes ${ofHost.size} times already; end one of its daemons`
            : 'too many hypervisors wait for changes at this server; ask again later, or raise placement.waitingPolls',
        );
      }
      return await new Promise<WaitEnd>((resolve) => {
        const waiter: Waiter = {
          after,
          end(end) {
            if (!ofHost.delete(waiter)) return;
            if (ofHost.size === 0) waiters.delete(host);
            count -= 1;
            clearTimeout(timer);
            signal.removeEventListener('abort', leave);
            resolve(end);
          },
        };
        const leave = (): void => waiter.end('closing');
        const timer = setTimeout(() => waiter.end('quiet'), withinMs);
        signal.addEventListener('abort', leave, { once: true });
        waiters.set(host, ofHost.add(waiter));
        count += 1;
        startLooking();
      });
    },
    close: async () => {
      closed = true;
      for (const ofHost of waiters.values()) {
        for (const waiter of ofHost) waiter.end('closing');
      }
      pause.end();
      await looking;
    },
  };
}

/** A pause that can be cut short, for good. */
function createPause(): { for(ms: number): Promise<void>; end(): void } {
  const ended = Promise.withResolvers<void>();
  return {
    end: () => ended.resolve(),
    for: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([over, ended.promise]);
      clearTimeout(timer);
    },
  };
}
