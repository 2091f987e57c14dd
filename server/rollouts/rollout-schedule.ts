import type { Log } from '../config/log.ts';

/** Looks at all rollouts again and again. */
export interface RolloutSchedule {
  start(): void;
  /** Looks now: something has changed. */
  soon(): void;
  /** Looks no more, and waits for the look that is under way. */
  stop(): Promise<void>;
}

/** Creates a schedule. What fails is logged, and the next look comes all the same. */
export function createRolloutSchedule(
  { advance, log }: { readonly advance: () => Promise<void>; readonly log: Log },
  { intervalMs }: { readonly intervalMs: number },
): RolloutSchedule {
  let timer: NodeJS.Timeout | undefined;
  let under: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  async function look(): Promise<void> {
    try {
      await advance();
    } catch (error) {
      log.error({ err: error }, 'rollouts cannot be looked at');
    }
    under = undefined;
    if (!stopped) timer = setTimeout(run, again ? 0 : intervalMs);
    again = false;
  }

  function run(): void {
    if (stopped) return;
    if (under === undefined) {
      clearTimeout(timer);
      under = look();
    } else {
      again = true;
    }
  }

  return {
    start: run,
    soon: run,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await under;
    },
  };
}
