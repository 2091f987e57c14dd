import { type BackOffOptions, backOffMs, type Random } from './back-off.ts';

/** One piece of work on an instance: done for now, or to be tried again. */
export type WorkOutcome = 'done' | 'again';

/** Work on instances: one piece at a time of each, however often it is asked for, and again with back-off where it failed. */
export interface InstanceQueue {
  /** Asks for work now, even if an attempt that failed waits for its time. */
  now(instance: string): void;
  /** Asks for work, unless an attempt that failed waits for its time. */
  look(instance: string): void;
  /** Takes no more work and settles when all that runs has ended. */
  close(): Promise<void>;
}

interface Entry {
  running: Promise<void> | undefined;
  /** Asked for since the running piece began. */
  asked: boolean;
  failures: number;
  retry: NodeJS.Timeout | undefined;
}

/** Makes a queue. `work` never throws. */
export function createInstanceQueue(
  { work, random }: { readonly work: (instance: string) => Promise<WorkOutcome>; readonly random: Random },
  options: BackOffOptions,
): InstanceQueue {
  const entries = new Map<string, Entry>();
  let closed = false;

  async function run(instance: string, entry: Entry): Promise<void> {
    do {
      entry.asked = false;
      entry.failures = (await work(instance)) === 'done' ? 0 : entry.failures + 1;
    } while (entry.asked);
    entry.running = undefined;
    if (entry.failures === 0) entries.delete(instance);
    else if (!closed) {
      entry.retry = setTimeout(() => start(instance), backOffMs(entry.failures, options, random));
    }
  }

  function start(instance: string): void {
    if (closed) return;
    const entry = entries.get(instance) ?? {
      running: undefined,
      asked: false,
      failures: 0,
      retry: undefined,
    };
    entries.set(instance, entry);
    clearTimeout(entry.retry);
    entry.retry = undefined;
    if (entry.running === undefined) entry.running = run(instance, entry);
    else entry.asked = true;
  }

  return {
    now: start,
    look(instance) {
      if (entries.get(instance)?.retry === undefined) start(instance);
    },
    async close() {
      closed = true;
      for (const { retry } of entries.values()) clearTimeout(retry);
      await Promise.all([...entries.values()].map(async ({ running }) => running));
    },
  };
}
