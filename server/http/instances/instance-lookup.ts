import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import { createLimiter } from '../../drive/limiter.ts';
import type { StoredInstance } from '../../store/store.ts';
import type { SyncJob } from '../../sync/sync-job.ts';
import type { Metrics } from '../metrics.ts';

/** Finds instances that boot before any sync has seen them. */
export interface InstanceLookup {
  /**
   * Looks an instance up in the CMDB and makes its first generation. Undefined if the CMDB does not have it, its record
   * is wrong, or nothing is ever looked up. Fails with `inventory-unavailable`, `directory-unavailable` or
   * `policy-invalid`, also when it takes too long, and with `ambiguous-instance`.
   * @param reference UUID or name, as it came
   */
  find(reference: string, actor: string): Promise<StoredInstance | undefined>;
}

/** UUIDs, and names as `instanceName` in `schemas/v1/common.json` allows them: nothing else goes to a CMDB. */
const askable = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/**
 * Creates the look-up over a sync job.
 * @param options `deadlineMs`: how long a look-up takes at most, waiting for its turn included; 0: none is made.
 *   `concurrency`: look-ups at a time
 */
export function createInstanceLookup(
  { syncJob, metrics }: { readonly syncJob: Pick<SyncJob, 'discover'>; readonly metrics: Metrics },
  { deadlineMs, concurrency }: { readonly deadlineMs: number; readonly concurrency: number },
): InstanceLookup {
  const limiter = createLimiter(concurrency);

  async function look(reference: string, actor: string): Promise<StoredInstance | undefined> {
    const deadline = AbortSignal.timeout(deadlineMs);
    // The place in the queue is given up only when the work has really ended, not when nobody waits for it any more.
    const work = limiter(async () => {
      deadline.throwIfAborted();
      return await syncJob.discover(reference, actor, deadline);
    });
    try {
      return await Promise.race([work, endOf(deadline)]);
    } catch (error) {
      if (error instanceof AppError || !deadline.aborted) throw error;
      throw new AppError(
        'inventory-unavailable',
        `CMDB and directory did not answer within the ${deadlineMs / 1000} s of sync.lookupSeconds`,
        { cause: error },
      );
    }
  }

  return {
    find: async (reference, actor) => {
      if (deadlineMs === 0 || !askable.test(reference)) return undefined;
      const startedAt = performance.now();
      const seconds = (): number => (performance.now() - startedAt) / 1000;
      try {
        const found = await look(reference, actor);
        metrics.countLookup(found === undefined ? 'absent' : 'found', seconds());
        return found;
      } catch (error) {
        metrics.countLookup('failed', seconds());
        throw explained(reference, error);
      }
    },
  };
}

function endOf(deadline: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    deadline.addEventListener('abort', () => {
      reject(deadline.reason as Error);
    });
  });
}

function explained(reference: string, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(
    error.code,
    `instance ${printable(reference)} is not known yet, and looking it up failed: ${error.message}`,
    { details: error.details, cause: error },
  );
}
