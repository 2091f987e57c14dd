import type { Kysely, Transaction } from 'kysely';
import type { InstanceRecord } from '../../../../schemas/types/instance-record.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { PurgedInstance } from '../../ports/removal.ts';
import { chunks } from '../bulk-write.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

const idsAStatement = 1000;

/** Tables of which nothing stays of a purged instance. */
const purgedTables = [
  'reports',
  'report_counters',
  'replays',
  'drive_facts',
  'placement_grants',
  'holds',
  'run_targets',
  'base_drives',
  'replays',
  'drive_facts',
] as const satisfies readonly (keyof Tables)[];

/** Deletes what must not stay of removed instances, as `RemovalWrites.purgeRemoved` says. */
export async function purgeRemoved(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  { before, at, limit }: { readonly before: string; readonly at: string; readonly limit: number },
): Promise<readonly PurgedInstance[]> {
  const rows = await transaction
    .selectFrom('instances')
    .innerJoin('instance_records', 'instance_records.instance', 'instances.id')
    .select(['id', 'name', 'removed_at', 'record'])
    .where('removed_at', '<', before)
    .where('purged_at', 'is', null)
    .orderBy('removed_at')
    .orderBy('id')
    .limit(limit)
    .$if(dialect.locksRows, (query) => query.forNoKeyUpdate('instances').skipLocked())
    .execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return [];
  // Without its hash the newest generation is followed by another one, should the instance come back: its random seed
  // is not on the drives there were.
  await transaction
    .updateTable('instances')
    .set({ purged_at: at, newest_content_sha256: '', fingerprint: '' })
    .where('id', 'in', ids)
    .execute();
  for (const { id, record } of rows) {
    const { userData: _, ...rest } = JSON.parse(record) as InstanceRecord;
    await transaction
      .updateTable('instance_records')
      .set({ random_seed: '', record: JSON.stringify(rest) })
      .where('instance', '=', id)
      .execute();
  }
  for (const table of purgedTables) {
    await transaction.deleteFrom(table).where('instance', 'in', ids).execute();
  }
  return rows.map(({ id, name, removed_at }) => ({
    id: id as InstanceId,
    name,
    removedAt: removed_at ?? at,
  }));
}

/** Which of these have been purged. */
export async function purgedAmong(
  reader: Kysely<Tables>,
  ids: readonly InstanceId[],
): Promise<readonly InstanceId[]> {
  const purged: InstanceId[] = [];
  for (const chunk of chunks(ids, idsAStatement)) {
    const rows = await reader
      .selectFrom('instances')
      .select('id')
      .where('id', 'in', chunk)
      .where('purged_at', 'is not', null)
      .orderBy('id')
      .execute();
    for (const { id } of rows) purged.push(id as InstanceId);
  }
  return purged;
}
