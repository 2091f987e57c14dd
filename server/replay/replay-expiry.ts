import type { Log } from '../config/log.ts';
import type { ReplayBoots } from './replay-boots.ts';

/** Ends replays when their time is over. */
export interface ReplayExpiry {
  start(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** Creates it. What fails is logged and tried again. @param options.intervalMs from one look to the next */
export function createReplayExpiry(
  {
    replayBoots,
    log,
  }: { readonly replayBoots: Pick<ReplayBoots, 'expire'>; readonly log: Pick<Log, 'error'> },
  { intervalMs }: { readonly intervalMs: number },
): ReplayExpiry {
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();

  async function look(): Promise<void> {
    try {
      await replayBoots.expire();
    } catch (error) {
      log.error({ err: error }, 'ending replays failed');
    }
  }

  return {
    start: () => {
      timer = setInterval(() => {
        work = work.then(look);
      }, intervalMs);
    },
    stop: async () => {
      clearInterval(timer);
      await work;
    },
  };
}
