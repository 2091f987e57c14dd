import type { Transaction } from 'kysely';
import type { NewGeneration } from '../../store.ts';
import { chunks, insertStatement, writeRows } from '../bulk-write.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

const idsAStatement = 1000;
/** What is recorded of a generation without any. */
const nothing = '{}';

const insertFacts = insertStatement('drive_facts', { instance: 'text', generation: 'integer', body: 'text' });

/** Records what drives of these generations have beside their guest configurations, where it is not as before. */
export async function writeDriveFacts(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  generations: readonly NewGeneration[],
  numbers: readonly number[],
): Promise<void> {
  const later = generations.filter((_, index) => numbers[index] !== 1).map(({ instance }) => instance);
  const last = await lastFacts(transaction, [...new Set(later)].sort());
  const rows: (readonly [string, number, string])[] = [];
  for (const [index, { instance, facts = {} }] of generations.entries()) {
    const { availabilityZone, userData } = facts;
    const body = JSON.stringify({ availabilityZone, userData });
    if (body === (last.get(instance) ?? nothing)) continue;
    last.set(instance, body);
    rows.push([instance, numbers[index] ?? 0, body]);
  }
  await writeRows(transaction, dialect, insertFacts, rows);
}

async function lastFacts(
  transaction: Transaction<Tables>,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  for (const chunk of chunks(ids, idsAStatement)) {
    const rows = await transaction
      .selectFrom('drive_facts')
      .select(['instance', 'body'])
      .where('instance', 'in', chunk)
      .orderBy('instance')
      .orderBy('generation')
      .execute();
    for (const { instance, body } of rows) last.set(instance, body);
  }
  return last;
}
