import type { Transaction } from 'kysely';
import { AppError } from '../../../domain/errors.ts';
import type { NewGeneration } from '../../store.ts';
import { chunks, insertStatement, updateStatement, writeRows } from '../bulk-write.ts';
import { compactLines } from '../encoding/compact-lines.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';
import { writeDriveFacts } from './write-drive-facts.ts';

const idsAStatement = 1000;

const insertGenerations = insertStatement('generations', {
  instance: 'text',
  number: 'integer',
  created_at: 'text',
  actor: 'text',
  reason: 'text',
  content_sha256: 'text',
  identity: 'text',
  sudo: 'text',
  payload: 'text',
  own: 'text',
  own_sources: 'text',
});

const updateNewest = updateStatement('instances', 'id', {
  newest: 'integer',
  newest_content_sha256: 'text',
  newest_identity: 'text',
  newest_sudo: 'text',
  renew_at: 'text',
});

/**
 * Appends generations without their parts, as `StoreTransaction.appendGenerations` says.
 * @returns their numbers, in the order of the generations
 */
export async function appendGenerations(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  generations: readonly NewGeneration[],
): Promise<readonly number[]> {
  const ids = [...new Set(generations.map(({ instance }) => instance))].sort();
  const newest = await lockNewest(transaction, dialect, ids);
  const unknown = ids.find((id) => !newest.has(id));
  if (unknown !== undefined) throw unknownInstance(unknown);
  const numbers = generations.map(({ instance }) => {
    const number = (newest.get(instance) ?? 0) + 1;
    newest.set(instance, number);
    return number;
  });
  const last = new Map(generations.map((generation) => [generation.instance, generation]));
  const updates = [...last.values()].map(({ instance, contentSha256, renewAt, composition: { parts } }) => [
    instance,
    newest.get(instance) ?? null,
    contentSha256,
    parts.identity.key,
    parts.sudo.key,
    renewAt ?? null,
  ]);
  await writeRows(transaction, dialect, updateNewest, updates);
  const rows = generations.map((generation, index) => generationRow(generation, numbers[index] ?? 0));
  await writeRows(transaction, dialect, insertGenerations, rows);
  await writeDriveFacts(transaction, dialect, generations, numbers);
  return numbers;
}

/** Says which instance is not known, and what to do. */
export function unknownInstance(id: string): AppError {
  return new AppError('not-found', `Instance ${id} is not known: sync it from its inventory first`);
}

/** The number of the newest generation, 0 if there is none, of those that are known. No one else can append to them. */
async function lockNewest(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const newest = new Map<string, number>();
  for (const chunk of chunks(ids, idsAStatement)) {
    const rows = await transaction
      .selectFrom('instances')
      .select(['id', 'newest'])
      .where('id', 'in', chunk)
      .orderBy('id')
      .$if(dialect.locksRows, (query) => query.forNoKeyUpdate())
      .execute();
    for (const row of rows) newest.set(row.id, row.newest ?? 0);
  }
  return newest;
}

function generationRow(generation: NewGeneration, number: number) {
  const { instance, createdAt, actor, reason, contentSha256, composition } = generation;
  const { own, ownSources, parts } = composition;
  return [
    instance,
    number,
    createdAt,
    storableText(actor),
    storableText(reason),
    contentSha256,
    parts.identity.key,
    parts.sudo.key,
    parts.payload.key,
    JSON.stringify(own),
    compactLines(ownSources),
  ];
}
