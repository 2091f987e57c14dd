import type { Kysely, Transaction } from 'kysely';
import type { Heartbeat } from '../../../../schemas/types/api.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type {
  PlacedInstance,
  PlacementReads,
  PlacementWrites,
  StoredHypervisor,
} from '../../ports/placement.ts';
import { type BulkStatement, writeRows } from '../bulk-write.ts';
import { storableText } from '../encoding/storable-text.ts';
import { failureFromRow } from '../instances/instance-rows.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

/** Every hypervisor that was heard of or that has an instance, not a removed one, in order of host. */
export async function listHypervisors(reader: Kysely<Tables>): Promise<readonly StoredHypervisor[]> {
  const counts = await reader
    .selectFrom('instances')
    .select(({ fn }) => ['placed_on', fn.countAll<number>().as('instances')])
    .where('placed_on', 'is not', null)
    .where('removed_at', 'is', null)
    .groupBy('placed_on')
    .execute();
  const hosts = new Map<string, StoredHypervisor>();
  for (const { placed_on, instances } of counts) {
    const host = placed_on ?? '';
    hosts.set(host, { host, firstSeenAt: null, lastSeenAt: null, heartbeatAt: null, instances });
  }
  for (const row of await hypervisorRows(reader).execute()) {
    hosts.set(row.host, hypervisorFromRow(row, hosts.get(row.host)?.instances ?? 0));
  }
  return [...hosts.values()].sort((left, right) => (left.host < right.host ? -1 : 1));
}

/** One hypervisor, as `PlacementReads.hypervisor` says. */
export async function findHypervisor(
  reader: Kysely<Tables>,
  host: string,
): ReturnType<PlacementReads['hypervisor']> {
  const name = storableText(host);
  const row = await hypervisorRows(reader).select('heartbeat').where('host', '=', name).executeTakeFirst();
  const { instances } = await reader
    .selectFrom('instances')
    .select(({ fn }) => fn.countAll<number>().as('instances'))
    .where('placed_on', '=', name)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (row !== undefined) {
    const heartbeat = row.heartbeat === null ? null : (JSON.parse(row.heartbeat) as Heartbeat);
    return { ...hypervisorFromRow(row, instances), heartbeat };
  }
  if (instances === 0) return undefined;
  return { host, firstSeenAt: null, lastSeenAt: null, heartbeatAt: null, instances, heartbeat: null };
}

/** Instances on a host, in order of name. */
export async function listPlacedInstances(
  reader: Kysely<Tables>,
  host: string,
): Promise<readonly PlacedInstance[]> {
  const rows = await reader
    .selectFrom('instances')
    .select([
      'id',
      'name',
      'hypervisor',
      'newest',
      'attached',
      'applied',
      'failed',
      'failed_as_of',
      'failed_reason',
    ])
    .where('placed_on', '=', storableText(host))
    .where('removed_at', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map(({ id, failed, failed_as_of, failed_reason, ...row }) => ({
    id: id as InstanceId,
    ...row,
    failure: failureFromRow({ failed, failed_as_of, failed_reason }),
  }));
}

const insertHeartbeats: BulkStatement = {
  types: ['text', 'text', 'text'],
  head: `insert into hypervisors (host, first_seen_at, last_seen_at, heartbeat_at, heartbeat)
    select column1, column2, column2, column2, column3 from`,
  tail: `where true on conflict (host) do update set last_seen_at = excluded.last_seen_at,
    heartbeat_at = excluded.heartbeat_at, heartbeat = excluded.heartbeat`,
};

/** Records heartbeats, in order of host, so that two servers do not wait for each other in a circle. */
export async function writeHeartbeats(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  beats: Parameters<PlacementWrites['saveHeartbeats']>[0],
): Promise<void> {
  const rows = [...beats]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([host, { at, beat }]) => [storableText(host), at, JSON.stringify(beat)]);
  await writeRows(transaction, dialect, insertHeartbeats, rows);
}

function hypervisorRows(reader: Kysely<Tables>) {
  return reader.selectFrom('hypervisors').select(['host', 'first_seen_at', 'last_seen_at', 'heartbeat_at']);
}

function hypervisorFromRow(
  row: {
    readonly host: string;
    readonly first_seen_at: string;
    readonly last_seen_at: string;
    readonly heartbeat_at: string | null;
  },
  instances: number,
): StoredHypervisor {
  return {
    host: row.host,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    heartbeatAt: row.heartbeat_at,
    instances,
  };
}
