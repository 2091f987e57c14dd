import type { Kysely } from 'kysely';
import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { InstanceRecord } from '../../../../schemas/types/instance-record.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { FieldOrigins } from '../../../inventory/inventory.ts';
import type { StoredInstance } from '../../store.ts';
import type { Tables } from '../tables.ts';

/** Whole instances, to be narrowed down by conditions on `instances`. */
export function selectInstances(db: Kysely<Tables>) {
  return db
    .selectFrom('instances')
    .innerJoin('instance_records', 'instance_records.instance', 'instances.id')
    .select([
      'id',
      'inventory',
      'locator',
      'record',
      'origins',
      'quarantine',
      'random_seed',
      'first_seen_at',
      'removed_at',
      'newest',
      'newest_content_sha256',
      'attached',
      'applied',
    ]);
}

type InstanceRow = Awaited<ReturnType<ReturnType<typeof selectInstances>['execute']>>[number];

/** An instance from its row. */
export function instanceFromRow(row: InstanceRow): StoredInstance {
  return {
    id: row.id as InstanceId,
    record: JSON.parse(row.record) as InstanceRecord,
    inventory: row.inventory,
    locator: row.locator,
    ...(row.origins === null ? {} : { origins: originsFromJson(row.origins) }),
    randomSeed: row.random_seed,
    firstSeenAt: row.first_seen_at,
    removedAt: row.removed_at,
    newest: row.newest,
    newestContentSha256: row.newest_content_sha256,
    attached: row.attached,
    applied: row.applied,
    quarantine: JSON.parse(row.quarantine) as RecordProblem[],
  };
}

function originsFromJson(json: string): FieldOrigins {
  return new Map(JSON.parse(json) as ReadonlyArray<[string, { inventory: string; locator: string }]>);
}
