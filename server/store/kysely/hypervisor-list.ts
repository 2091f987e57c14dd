import type { Kysely } from 'kysely';
import type { Hypervisor } from '../../../schemas/types/api.ts';
import type { Tables } from './tables.ts';

/**
 * Every hypervisor that was heard of or that an instance, not a removed one, is on, in order of host. The times
 * of one that was never heard of are null.
 */
export async function listHypervisors(reader: Kysely<Tables>): Promise<readonly Hypervisor[]> {
  const counts = await reader
    .selectFrom('instances')
    .select(({ fn }) => ['hypervisor', fn.countAll<number>().as('instances')])
    .where('hypervisor', 'is not', null)
    .where('removed_at', 'is', null)
    .groupBy('hypervisor')
    .execute();
  const hosts = new Map<string, Hypervisor>();
  for (const { hypervisor, instances } of counts) {
    const host = hypervisor ?? '';
    hosts.set(host, { host, firstSeenAt: null, lastSeenAt: null, instances });
  }
  for (const row of await reader.selectFrom('hypervisors').selectAll().execute()) {
    const instances = hosts.get(row.host)?.instances ?? 0;
    hosts.set(row.host, {
      host: row.host,
      firstSeenAt: row.first_seen_at,
      lastSeenAt: row.last_seen_at,
      instances,
    });
  }
  return [...hosts.values()].sort((left, right) => (left.host < right.host ? -1 : 1));
}
