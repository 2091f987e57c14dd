import type { Transaction } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import type { StoreTransaction } from '../store.ts';
import { packJson } from './packed-json.ts';
import { type KnownGeneration, type Progress, progressAfter } from './report-progress.ts';
import { instanceColumns, instanceFromRow, tokenToRow } from './rows.ts';
import { sortableTime } from './sortable-time.ts';
import { storableText } from './storable-text.ts';
import type { StorageErrorMaker } from './storage-error.ts';
import type { StoreDialect } from './store-dialect.ts';
import type { Tables } from './tables.ts';
import { createWriteBuffer } from './write-buffer.ts';

/** A `StoreTransaction` and how it ends. */
export interface TransactionSession {
  readonly transaction: StoreTransaction;
  /** Writes what is still buffered; throws if any write failed, so that no part is committed. */
  finish(): Promise<void>;
  /** From now on every use throws: it would reach the database outside of the transaction. */
  end(): void;
}

/** The writes of the store over an open Kysely transaction. */
export function createTransactionSession(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  storageError: StorageErrorMaker,
): TransactionSession {
  const buffer = createWriteBuffer(transaction);
  let ended = false;
  let failure: AppError | undefined;

  // After a failed statement PostgreSQL refuses all others while SQLite goes on: here both end in a rollback.
  async function step<T>(doing: string, work: () => Promise<T>): Promise<T> {
    if (ended) {
      throw new AppError('internal', `${doing} came after its transaction had ended: await every step of it`);
    }
    if (failure !== undefined) {
      throw failure;
    }
    try {
      return await work();
    } catch (cause) {
      const error = storageError(doing, cause);
      failure = error.code === 'storage-failed' ? error : undefined;
      throw error;
    }
  }

  return {
    end() {
      ended = true;
    },
    finish: () => step('Committing', () => buffer.flush()),
    transaction: {
      instance: (id) =>
        step(`Reading instance ${id}`, async () => {
          const row = await transaction
            .selectFrom('instances')
            .select(instanceColumns)
            .where('id', '=', id)
            .$if(dialect.locksRows, (query) => query.forNoKeyUpdate())
            .executeTakeFirst();
          return row && instanceFromRow(row);
        }),

      saveInstance: ({ id, record, inventory, locator, quarantine, randomSeed, seenAt }) =>
        step(`Saving instance ${id}`, async () => {
          const accepted = {
            name: storableText(record.name),
            project: textOrNull(record.project),
            site: textOrNull(record.site),
            owner: textOrNull(record.owner),
            os_family: record.osFamily,
            hypervisor: textOrNull(record.hypervisor),
            inventory: storableText(inventory),
            locator: storableText(locator),
            record: JSON.stringify(record),
            quarantine: JSON.stringify(quarantine),
            removed_at: null,
          };
          await transaction
            .insertInto('instances')
            .values({ ...accepted, id, random_seed: randomSeed, first_seen_at: seenAt, reports: 0 })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(accepted))
            .execute();
          await buffer.tags(id, record.tags);
        }),

      setQuarantine: (id, problems) =>
        step(`Setting the quarantine of instance ${id}`, async () => {
          await transaction
            .updateTable('instances')
            .set({ quarantine: JSON.stringify(problems) })
            .where('id', '=', id)
            .execute();
        }),

      markRemoved: (id, at) =>
        step(`Marking instance ${id} as removed`, async () => {
          await transaction
            .updateTable('instances')
            .set({ removed_at: at })
            .where('id', '=', id)
            .where('removed_at', 'is', null)
            .execute();
        }),

      appendGeneration: ({ instance, createdAt, actor, reason, contentSha256, composition }) =>
        step(`Appending a generation of instance ${instance}`, async () => {
          const row = await transaction
            .updateTable('instances')
            .set((expression) => ({
              newest: expression(expression.fn.coalesce('newest', expression.lit(0)), '+', 1),
              newest_content_sha256: contentSha256,
            }))
            .where('id', '=', instance)
            .returning('newest')
            .executeTakeFirst();
          if (row === undefined || row.newest === null) {
            throw unknownInstance(instance);
          }
          const { guest, scripts, sources } = composition;
          await buffer.generation({
            instance,
            number: row.newest,
            created_at: createdAt,
            actor: storableText(actor),
            reason: storableText(reason),
            content_sha256: contentSha256,
            content: packJson({ guest, scripts, sources }),
          });
          return row.newest;
        }),

      appendEvent: (event) => step(`Appending event ${event.action}`, async () => buffer.event(event)),

      saveReport: (report, receivedAt) =>
        step(`Saving a report of instance ${report.instance}`, async () => {
          const row = await transaction
            .updateTable('instances')
            .set((expression) => ({ reports: expression('reports', '+', 1) }))
            .where('id', '=', report.instance)
            .returning(['reports', 'newest', 'attached', 'attached_as_of', 'applied', 'applied_as_of'])
            .executeTakeFirst();
          if (row === undefined) {
            throw unknownInstance(report.instance);
          }
          const before: Progress = {
            newest: row.newest ?? undefined,
            attached: known(row.attached, row.attached_as_of),
            applied: known(row.applied, row.applied_as_of),
          };
          const { attached, applied } = progressAfter(before, report, receivedAt);
          if (attached !== before.attached || applied !== before.applied) {
            await transaction
              .updateTable('instances')
              .set({
                attached: attached?.generation ?? null,
                attached_as_of: attached?.asOf ?? null,
                applied: applied?.generation ?? null,
                applied_as_of: applied?.asOf ?? null,
              })
              .where('id', '=', report.instance)
              .execute();
          }
          await transaction
            .insertInto('reports')
            .values({
              instance: report.instance,
              number: row.reports,
              received_at: receivedAt,
              body: packJson(report),
            })
            .execute();
        }),

      saveSyncRun: (run) =>
        step(`Saving sync run ${run.id}`, async () => {
          const values = { started_sortable: sortableTime(run.startedAt), body: packJson(run) };
          await transaction
            .insertInto('sync_runs')
            .values({ id: run.id, ...values })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
            .execute();
        }),

      saveToken: (token) =>
        step(`Saving token ${token.id}`, async () => {
          const { id, ...values } = tokenToRow(token);
          await transaction
            .insertInto('tokens')
            .values({ id, ...values })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
            .execute();
        }),

      revokeToken: (id, at) =>
        step(`Revoking token ${id}`, async () => {
          const { numUpdatedRows } = await transaction
            .updateTable('tokens')
            // A token keeps the time at which it was first revoked.
            .set((expression) => ({ revoked_at: expression.fn.coalesce('revoked_at', expression.val(at)) }))
            .where('id', '=', id)
            .executeTakeFirst();
          return numUpdatedRows > 0n;
        }),

      seeHypervisor: (host, at) =>
        step(`Recording hypervisor ${host}`, async () => buffer.hypervisor(host, at)),
    },
  };
}

function unknownInstance(id: string): AppError {
  return new AppError('not-found', `Instance ${id} is not known: sync it from its inventory first`);
}

function known(generation: number | null, asOf: string | null): KnownGeneration | undefined {
  return generation === null || asOf === null ? undefined : { generation, asOf };
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}
