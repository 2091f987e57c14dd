import { randomUUID } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { ExclusiveLocks } from '../kysely/exclusive-locks.ts';
import type { WriteQueue } from '../kysely/write-queue.ts';
import type { ProcessIdentity } from './process-identity.ts';

const expiryMilliseconds = 60_000;
const heartbeatMilliseconds = 10_000;

/** What lock rows need. */
export interface LockRowsPorts {
  readonly writes: WriteQueue;
  readonly clock: Clock;
  readonly identity: ProcessIdentity;
}

/**
 * Locks as rows with the owner's process. A lock whose owner has ended is taken over at once, however it ended. Of
 * an owner in another container nothing can be seen; its lock is taken over a minute after its last sign of life.
 */
export function createLockRows({ writes, clock, identity }: LockRowsPorts): ExclusiveLocks {
  const store = randomUUID();
  const owner = `${identity.own} ${store}`;
  const held = new Set<string>();

  return {
    async acquire(name) {
      if (held.has(name)) {
        return undefined;
      }
      held.add(name);
      const taken = await take(name).catch((error: unknown) => {
        held.delete(name);
        throw error;
      });
      if (!taken) {
        held.delete(name);
        return undefined;
      }
      const heartbeat = setInterval(() => {
        // A failure shows in whatever the work itself writes; the next heartbeat tries again.
        renew(name).catch(() => undefined);
      }, heartbeatMilliseconds);
      heartbeat.unref();
      return {
        async release() {
          clearInterval(heartbeat);
          held.delete(name);
          await drop(name);
        },
      };
    },
  };

  function take(name: string): Promise<boolean> {
    return writes.transact(`Taking the lock ${name}`, async (transaction) => {
      const row = await transaction
        .selectFrom('locks')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst();
      if (row !== undefined && isHeld(row)) {
        return false;
      }
      const values = { owner, expires_at: clock.now().getTime() + expiryMilliseconds };
      await transaction
        .insertInto('locks')
        .values({ name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
      return true;
    });
  }

  function isHeld(row: { readonly owner: string; readonly expires_at: number }): boolean {
    if (row.owner === owner) {
      // Not in `held`, or we would not be here: what is left of a release that failed.
      return false;
    }
    switch (identity.stateOf(row.owner)) {
      case 'running':
        return true;
      case 'ended':
        return false;
      case 'unknown':
        return row.expires_at > clock.now().getTime();
    }
  }

  async function renew(name: string): Promise<void> {
    await writes.transact(`Renewing the lock ${name}`, (transaction) =>
      transaction
        .updateTable('locks')
        .set({ expires_at: clock.now().getTime() + expiryMilliseconds })
        .where('name', '=', name)
        .where('owner', '=', owner)
        .execute(),
    );
  }

  async function drop(name: string): Promise<void> {
    await writes.transact(`Releasing the lock ${name}`, (transaction) =>
      transaction.deleteFrom('locks').where('name', '=', name).where('owner', '=', owner).execute(),
    );
  }
}
