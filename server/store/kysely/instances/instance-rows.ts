import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { InstanceRecord } from '../../../../schemas/types/instance-record.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { FieldOrigins } from '../../../inventory/inventory.ts';
import type { GenerationFailure } from '../../ports/failures.ts';
import type { StoredInstance } from '../../store.ts';
import { replayFromJson } from '../replays/read-replays.ts';
import { holdFromJson } from '../rollouts/holds.ts';
import type { InstanceRecordTable, InstanceTable, Tables } from '../tables.ts';

/**
 * Whole instances, to be narrowed down by conditions on `instances`. What is wide is looked up for each row that comes
 * out: as a join, PostgreSQL reads all records for each page of a list while it has no statistics of the tables yet.
 */
export function selectInstances(db: Kysely<Tables>) {
  return db
    .selectFrom('instances')
    .select([
      'id',
      'inventory',
      'locator',
      'placed_on',
      'quarantine',
      'first_seen_at',
      'removed_at',
      'purged_at',
      'newest',
      'newest_content_sha256',
      'attached',
      'applied',
      'failed',
      'failed_as_of',
      'failed_reason',
      wide('record').as('record'),
      wide('random_seed').as('random_seed'),
      wide('origins').as('origins'),
      sql<string | null>`(select body from holds where instance = instances.id)`.as('hold'),
      sql<string | null>`(select body from replays where instance = instances.id)`.as('replay'),
    ]);
}

function wide<Column extends 'record' | 'random_seed' | 'origins'>(
  column: Column,
): RawBuilder<InstanceRecordTable[Column]> {
  return sql`(select ${sql.ref(column)} from instance_records where instance = instances.id)`;
}

type InstanceRow = Awaited<ReturnType<ReturnType<typeof selectInstances>['execute']>>[number];

/** An instance from its row. */
export function instanceFromRow(row: InstanceRow): StoredInstance {
  return {
    id: row.id as InstanceId,
    record: JSON.parse(row.record) as InstanceRecord,
    inventory: row.inventory,
    locator: row.locator,
    placedOn: row.placed_on,
    ...(row.origins === null ? {} : { origins: originsFromJson(row.origins) }),
    randomSeed: row.random_seed,
    firstSeenAt: row.first_seen_at,
    removedAt: row.removed_at,
    purgedAt: row.purged_at,
    newest: row.newest,
    newestContentSha256: row.newest_content_sha256,
    attached: row.attached,
    applied: row.applied,
    failure: failureFromRow(row),
    hold: row.hold === null ? null : holdFromJson(row.hold),
    quarantine: JSON.parse(row.quarantine) as RecordProblem[],
    ...(row.replay === null ? {} : { replay: replayFromJson(row.replay) }),
  };
}

/** The newest failure that reports tell of, from its columns. */
export function failureFromRow({
  failed,
  failed_as_of,
  failed_reason,
}: Pick<InstanceTable, 'failed' | 'failed_as_of' | 'failed_reason'>): GenerationFailure | null {
  return failed === null
    ? null
    : { generation: failed, at: milliseconds(failed_as_of ?? ''), reason: failed_reason ?? '' };
}

/** A sortable time as people write it: to the millisecond. */
function milliseconds(sortable: string): string {
  return sortable.replace(/(\.\d{3})\d*Z$/, '$1Z');
}

function originsFromJson(json: string): FieldOrigins {
  return new Map(JSON.parse(json) as ReadonlyArray<[string, { inventory: string; locator: string }]>);
}
