import type { Log } from '../config/log.ts';
import type { Clock } from '../domain/clock.ts';
import { type InstanceId, parseInstanceId } from '../domain/identifiers.ts';
import type { DriveBuilder } from '../drive/drive-builder.ts';
import type { PurgedInstance } from '../store/ports/removal.ts';
import type { Store } from '../store/store.ts';

/** Deletes what must not stay of removed instances, again and again. */
export interface Housekeeping {
  /** Works now, and then the interval after each time. */
  start(): void;
  /** Works once. Fails with `storage-failed`. */
  work(): Promise<void>;
  /** Begins nothing more and waits for what is under way. */
  stop(): Promise<void>;
}

/** What it works with. */
export interface HousekeepingPorts {
  readonly store: Store;
  readonly drives: Pick<DriveBuilder, 'cachedInstances' | 'forget'>;
  readonly clock: Clock;
  readonly log: Log;
}

const dayMs = 86_400_000;
/** Instances purged in one transaction: few enough that drives are served in between. */
const batchSize = 200;
/** Days for which a host that has not asked is told what left it; after that it is told everything. */
const departureDays = 30;

/** Creates the housekeeping. What fails is logged and done the next time. */
export function createHousekeeping(
  { store, drives, clock, log }: HousekeepingPorts,
  { graceDays, everyMs }: { readonly graceDays: number; readonly everyMs: number },
): Housekeeping {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  function daysAgo(days: number): string {
    return new Date(clock.now().getTime() - days * dayMs).toISOString();
  }

  async function purgeBatch(): Promise<readonly PurgedInstance[]> {
    const at = clock.now().toISOString();
    return await store.transaction(async (transaction) => {
      const purged = await transaction.purgeRemoved(daysAgo(graceDays), at, batchSize);
      await transaction.appendEvents(
        purged.map(({ id, name, removedAt }) => ({
          at,
          actor: 'housekeeping',
          action: 'instance-purged',
          instance: id,
          reason: `removed from the CMDB for more than ${graceDays} days`,
          details: { name, removedAt },
        })),
      );
      return purged;
    });
  }

  /** Of one server at a time; what others do meanwhile is the same work. */
  async function purge(): Promise<void> {
    await store.exclusively('housekeeping', async () => {
      for (;;) {
        const { length } = await purgeBatch();
        if (length > 0) log.info({ instances: length }, 'removed instances were purged');
        if (length < batchSize || stopped) break;
      }
      await store.transaction((transaction) =>
        transaction.pruneFeed(daysAgo(departureDays), clock.now().toISOString()),
      );
    });
  }

  /** Every server has a cache of its own, so each asks, whoever purged. */
  async function forgetDrives(): Promise<void> {
    const cached = drives.cachedInstances().flatMap((text): readonly InstanceId[] => {
      const id = parseInstanceId(text);
      return id === undefined ? [] : [id];
    });
    for (const id of await store.purgedAmong(cached)) await drives.forget(id);
  }

  async function work(): Promise<void> {
    await purge();
    await forgetDrives();
  }

  function workAndWait(): void {
    underWay = work()
      .catch((error: unknown) => {
        log.error({ err: error }, 'housekeeping failed; it comes again');
      })
      .then(() => {
        if (!stopped) timer = setTimeout(workAndWait, everyMs);
      });
  }

  return {
    start: workAndWait,
    work,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
