import type { Transaction } from 'kysely';
import type { SavedInstance } from '../../store.ts';
import { chunks, insertStatement, writeRows } from '../bulk-write.ts';
import { storableText } from '../encoding/storable-text.ts';
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
  inventory: 'text',
  locator: 'text',
  quarantine: 'text',
  fingerprint: 'text',
  removed_at: 'text',
} as const;

const insertInstances = insertStatement(
  'instances',
  { id: 'text', first_seen_at: 'text', ...accepted },
  { key: 'id', columns: Object.keys(accepted) },
);

const insertRecords = insertStatement(
  'instance_records',
  { instance: 'text', random_seed: 'text', record: 'text', origins: 'text' },
  { key: 'instance', columns: ['record', 'origins'] },
);

const insertTags = insertStatement('instance_tags', { instance: 'text', tag: 'text' });

/** Inserts or replaces instances with their records and tags, as `StoreTransaction.saveInstances` says. */
export async function saveInstances(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  given: readonly SavedInstance[],
): Promise<void> {
  const instances = inOrderOfId(given);
  await writeRows(transaction, dialect, insertInstances, instances.map(instanceRow));
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

function instanceRow(instance: SavedInstance) {
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
    storableText(inventory),
    storableText(locator),
    JSON.stringify(quarantine),
    storableText(fingerprint),
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
