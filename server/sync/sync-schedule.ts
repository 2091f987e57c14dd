import type { Log } from '../config/log.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { SyncJob } from './sync-job.ts';

/** Runs the sync job again and again, and when somebody hints that something has changed. */
export interface SyncSchedule {
  /** Runs the job now and then the interval after the end of each run; never if the interval is 0. */
  start(): void;
  /**
   * Something has changed: one run a little later, however many say so until it starts. What is hinted at while a run
   * is under way is read by another after it.
   * @param actor who says so, for the audit trail
   */
  soon(actor: string): void;
  /** Starts no further run and waits for the one that is under way. */
  stop(): Promise<void>;
}

/** Times in seconds. */
export interface SyncScheduleOptions {
  readonly intervalSeconds: number;
  /** From one run that reads everything to the next: those between read what changed. */
  readonly fullIntervalSeconds: number;
  /** From a hint to its run. */
  readonly hintDelaySeconds: number;
}

/** What is busy is asked again after this time at the earliest. */
const leastRetryMs = 1000;

/** Creates a schedule. What fails is logged, and the next run comes all the same. */
export function createSyncSchedule(
  {
    syncJob,
    clock,
    log,
  }: { readonly syncJob: Pick<SyncJob, 'run'>; readonly clock: Clock; readonly log: Log },
  { intervalSeconds, fullIntervalSeconds, hintDelaySeconds }: SyncScheduleOptions,
): SyncSchedule {
  let queue = Promise.resolve();
  let stopped = false;
  let interval: NodeJS.Timeout | undefined;
  let hint: NodeJS.Timeout | undefined;
  /** A hint's run is still to start. */
  let hinted = false;
  /** Start of the last run that read everything; none yet: who knows what changed while no server ran. */
  let wholeAt: number | undefined;

  async function run(actor: string, full: boolean): Promise<'ran' | 'busy'> {
    const startedAt = clock.now().getTime();
    try {
      const request = full ? { full } : {};
      const { id, state, reading, counts, error } = await syncJob.run({ kind: 'sync', request }, actor);
      if (state === 'succeeded' && (full || reading === 'whole')) wholeAt = startedAt;
      const level = state === 'succeeded' ? 'info' : 'error';
      log[level]({ run: id, actor, state, reading, counts, error }, 'sync');
    } catch (error) {
      if (error instanceof AppError && error.code === 'busy') {
        log.debug({ actor }, 'sync skipped: one is under way');
        return 'busy';
      }
      log.error({ err: error, actor }, 'sync failed');
    }
    return 'ran';
  }

  function enqueue(work: () => Promise<void>): void {
    queue = queue.then(async () => {
      if (!stopped) await work();
    });
  }

  function enqueueScheduled(): void {
    enqueue(async () => {
      const due = wholeAt === undefined || clock.now().getTime() - wholeAt >= fullIntervalSeconds * 1000;
      await run('schedule', due);
      if (!stopped) interval = setTimeout(enqueueScheduled, intervalSeconds * 1000);
    });
  }

  function hintAfter(milliseconds: number, actor: string): void {
    if (stopped || hinted) return;
    hinted = true;
    hint = setTimeout(() => {
      enqueue(async () => {
        hinted = false;
        if ((await run(actor, false)) === 'busy') {
          hintAfter(Math.max(leastRetryMs, hintDelaySeconds * 1000), actor);
        }
      });
    }, milliseconds);
  }

  return {
    start: () => {
      if (intervalSeconds > 0) enqueueScheduled();
    },
    soon: (actor) => {
      hintAfter(hintDelaySeconds * 1000, actor);
    },
    stop: async () => {
      stopped = true;
      clearTimeout(interval);
      clearTimeout(hint);
      await queue;
    },
  };
}
