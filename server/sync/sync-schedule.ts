import type { Log } from '../config/log.ts';
import { AppError } from '../domain/errors.ts';
import type { SyncJob } from './sync-job.ts';

/** Runs the sync job again and again. */
export interface SyncSchedule {
  /** Starts no further run and waits for the one that is under way. */
  stop(): Promise<void>;
}

/**
 * Runs the job now and then `intervalSeconds` after the end of each run; never if it is 0. What fails is logged, and
 * the next run comes all the same.
 */
export function scheduleSync(
  { syncJob, log }: { readonly syncJob: Pick<SyncJob, 'run'>; readonly log: Log },
  { intervalSeconds }: { readonly intervalSeconds: number },
): SyncSchedule {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let stopped = intervalSeconds === 0;

  async function run(): Promise<void> {
    try {
      const { id, state, counts, error } = await syncJob.run({ kind: 'sync', request: {} }, 'schedule');
      log[state === 'succeeded' ? 'info' : 'error']({ run: id, state, counts, error }, 'scheduled sync');
    } catch (error) {
      if (error instanceof AppError && error.code === 'busy')
        log.debug('scheduled sync skipped: one is under way');
      else log.error({ err: error }, 'scheduled sync failed');
    }
    if (!stopped) timer = setTimeout(start, intervalSeconds * 1000);
  }

  function start(): void {
    running = run();
  }

  if (!stopped) start();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
