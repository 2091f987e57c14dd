import { setTimeout as delay } from 'node:timers/promises';
import { driverCode } from '../kysely/storage-error.ts';

const patienceMilliseconds = 60_000;
const longestDelayMilliseconds = 10;

/**
 * Runs a statement that needs a lock on the whole database, again and again until no other connection holds it,
 * for at most a minute. SQLite's own busy handler would block the event loop meanwhile, and with it the very
 * transaction that is waited for if that is one of this process.
 */
export async function whenUnlocked(statement: () => unknown): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  for (let wait = 1; ; wait = Math.min(wait * 2, longestDelayMilliseconds)) {
    try {
      statement();
      return;
    } catch (error) {
      if (driverCode(error)?.startsWith('SQLITE_BUSY') !== true || performance.now() > deadline) {
        throw error;
      }
    }
    await delay(wait);
  }
}
