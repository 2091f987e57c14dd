import type { Transaction } from 'kysely';
import { hostAfterRecord } from '../../../domain/placement.ts';
import type { SavedInstance } from '../../store.ts';
import { type BulkStatement, chunks, insertStatement, writeRows } from '../bulk-write.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { DriveChanges } from '../placement/drive-changes.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

const idsAStatement = 1000;

const accepted = {
  name: 'text',
  project: 'text',
  site: 'text',
  owner: 'text',
  os_family: 'text',
  hypervisor: 'text',
  placed_on: 'text',
  inventory: 'text',
  locator: 'text',
  quarantine: 'text',
  fingerprint: 'text',
  removed_at: 'text',
  purged_at: 'text',
} as const;

const insertInstances = insertStatement(
  'instances',
  { id: 'text', first_seen_at: 'text', ...accepted },
  { key: 'id', columns: Object.keys(accepted) },
);

const insertRecords: BulkStatement = {
  types: ['text', 'text', 'text', 'text'],
  head: 'insert into instance_records (instance, random_seed, record, origins) select * from',
  tail: `where true on conflict (instance) do update set record = excluded.record, origins = excluded.origins,
    random_seed = case instance_records.random_seed when '' then excluded.random_seed
      else instance_records.random_seed end`,
};

const insertTags = insertStatement('instance_tags', { instance: 'text', tag: 'text' });

/** Inserts or replaces instances with their records and tags, as `StoreTransaction.saveInstances` says. */
export async function saveInstances(
  transaction: Transaction<Tables>,
  { dialect, changes }: { readonly dialect: StoreDialect; readonly changes: DriveChanges },
  given: readonly SavedInstance[],
): Promise<void> {
  const instances = inOrderOfId(given);
  const hosts = await placeSaved(transaction, dialect, instances, changes);
  const rows = instances.map((instance) => instanceRow(instance, hosts.get(instance.id) ?? null));
  await writeRows(transaction, dialect, insertInstances, rows);
  await writeRows(transaction, dialect, insertRecords, instances.map(recordRow));
  for (const chunk of chunks(instances, idsAStatement)) {
    const ids = chunk.map(({ id }) => id);
    await transaction.deleteFrom('instance_tags').where('instance', 'in', ids).execute();
  }
  await writeRows(transaction, dialect, insertTags, instances.flatMap(tagRows));
}

/**
 * Each once, as a statement takes a row only once, and in order of id: rows stay locked until the commit, and so two
 * transactions never wait for each other in a circle.
 */
function inOrderOfId(given: readonly SavedInstance[]): readonly SavedInstance[] {
  const instances = new Map<string, SavedInstance>();
  for (const instance of given) {
    const { randomSeed, seenAt } = instances.get(instance.id) ?? instance;
    instances.set(instance.id, { ...instance, randomSeed, seenAt });
  }
  return [...instances.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** Where each instance is from now on; tells the hosts of those that have moved, come back, or are new. */
async function placeSaved(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  instances: readonly SavedInstance[],
  changes: DriveChanges,
): Promise<ReadonlyMap<string, string | null>> {
  const hosts = new Map<string, string | null>();
  for (const chunk of chunks(instances, idsAStatement)) {
    const ids = chunk.map(({ id }) => id);
    const rows = await transaction
      .selectFrom('instances')
      .select(['id', 'hypervisor', 'placed_on', 'removed_at'])
      .where('id', 'in', ids)
      .orderBy('id')
      .$if(dialect.locksRows, (query) => query.forNoKeyUpdate())
      .execute();
    const known = new Map(rows.map((row) => [row.id, row]));
    for (const { id, record } of chunk) {
      const named = textOrNull(record.hypervisor);
      const before = known.get(id);
      const host =
        before === undefined
          ? named
          : hostAfterRecord({ placedOn: before.placed_on, named: before.hypervisor }, named);
      hosts.set(id, host);
      if (before === undefined || before.removed_at !== null || host !== before.placed_on)
        changes.changed(id);
      if (before !== undefined && before.placed_on !== null && host !== before.placed_on)
        changes.departed(id, before.placed_on);
    }
  }
  return hosts;
}

function instanceRow(instance: SavedInstance, host: string | null) {
  const { id, record, inventory, locator, quarantine, fingerprint, seenAt } = instance;
  return [
    id,
    seenAt,
    storableText(record.name),
    textOrNull(record.project),
    textOrNull(record.site),
    textOrNull(record.owner),
    record.osFamily,
    textOrNull(record.hypervisor),
    host,
    storableText(inventory),
    storableText(locator),
    JSON.stringify(quarantine),
    storableText(fingerprint),
    null,
    null,
  ];
}

function recordRow({ id, randomSeed, record, origins }: SavedInstance) {
  const entries = origins === undefined || origins.size === 0 ? null : JSON.stringify([...origins]);
  return [id, randomSeed, JSON.stringify(record), entries];
}

function tagRows({ id, record }: SavedInstance) {
  return [...new Set(record.tags.map(storableText))].map((tag) => [id, tag]);
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}
