import type { Transaction } from 'kysely';
import type { Clock } from '../../../domain/clock.ts';
import { chunks, insertStatement, writeRows } from '../bulk-write.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

/** What the hosts have to be told of one transaction. Rows of it come last, as those of the write buffer do. */
export interface DriveChanges {
  /** What the host of this instance would get is another drive, or none. */
  changed(instance: string): void;
  /** The instance has left this host. */
  departed(instance: string, host: string): void;
  flush(): Promise<void>;
}

const idsAStatement = 1000;

const saveChanges = insertStatement(
  'instance_changes',
  { instance: 'text', change: 'bigint', at: 'text' },
  { key: 'instance', columns: ['change', 'at'] },
);

const saveDepartures = insertStatement(
  'departures',
  { host: 'text', instance: 'text', change: 'bigint', at: 'text' },
  { key: 'host, instance', columns: ['change', 'at'] },
);

const saveHosts = insertStatement(
  'host_changes',
  { host: 'text', change: 'bigint' },
  { key: 'host', columns: ['change'] },
);

/** @param transaction gets the rows; what is not flushed when it ends is lost. */
export function createDriveChanges(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  clock: Clock,
): DriveChanges {
  const instances = new Set<string>();
  const departures = new Map<string, Set<string>>();

  async function hostsOf(ids: readonly string[]): Promise<Set<string>> {
    const hosts = new Set(departures.keys());
    for (const chunk of chunks(ids, idsAStatement)) {
      const rows = await transaction
        .selectFrom('instances')
        .select('placed_on')
        .distinct()
        .where('id', 'in', chunk)
        .where('placed_on', 'is not', null)
        .execute();
      for (const { placed_on } of rows) if (placed_on !== null) hosts.add(placed_on);
    }
    return hosts;
  }

  return {
    changed: (instance) => void instances.add(instance),
    departed(instance, host) {
      instances.add(instance);
      const departed = departures.get(host) ?? new Set<string>();
      departures.set(host, departed.add(instance));
    },
    async flush() {
      if (instances.size === 0) return;
      // The row stays locked until the commit: changes become visible in order of their numbers, and who reads on after
      // one misses none. It also lets one transaction at a time into the tables below.
      const { value: change } = await transaction
        .updateTable('counters')
        .set((expression) => ({ value: expression('value', '+', 1) }))
        .where('name', '=', 'changes')
        .returning('value')
        .executeTakeFirstOrThrow();
      const at = clock.now().toISOString();
      const ids = [...instances];
      await writeRows(
        transaction,
        dialect,
        saveChanges,
        ids.map((id) => [id, change, at]),
      );
      const left = [...departures].flatMap(([host, departed]) =>
        [...departed].map((id) => [host, id, change, at]),
      );
      await writeRows(transaction, dialect, saveDepartures, left);
      const hosts = [...(await hostsOf(ids))];
      await writeRows(
        transaction,
        dialect,
        saveHosts,
        hosts.map((host) => [host, change]),
      );
    },
  };
}
