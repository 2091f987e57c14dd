import { createHash } from 'node:crypto';
import pg from 'pg';
import type { ExclusiveLocks } from '../kysely/exclusive-locks.ts';

/**
 * Session-level advisory locks (PostgreSQL manual, 13.3.5), each on a connection of its own: it ends with the
 * server that holds it, however that ends. If only the connection breaks, another server may take the lock while
 * the work goes on here; what the work writes is then still whole, each transaction by itself.
 */
export function createAdvisoryLocks(config: pg.ClientConfig): ExclusiveLocks {
  return {
    async acquire(name) {
      const client = new pg.Client(config);
      // Unheard, the error of a broken connection would end the process.
      client.on('error', () => undefined);
      await client.connect();
      let locked = false;
      try {
        const { rows } = await client.query<{ locked: boolean }>(
          'select pg_try_advisory_lock($1::bigint) as locked',
          [advisoryLockKey(name)],
        );
        locked = rows[0]?.locked === true;
      } finally {
        if (!locked) {
          await client.end();
        }
      }
      return locked ? { release: () => client.end() } : undefined;
    },
  };
}

/** The 64-bit key of a lock's name, in decimal: from a hash, so that other users of the database do not meet it. */
export function advisoryLockKey(name: string): string {
  return createHash('sha256').update(`ubugi/${name}`).digest().readBigInt64BE().toString();
}
