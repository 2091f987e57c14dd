import type { Transaction } from 'kysely';
import type { Clock } from '../../domain/clock.ts';
import { AppError } from '../../domain/errors.ts';
import type { StoreTransaction } from '../store.ts';
import { recordBaseDrive } from './base-drives/base-drive-rows.ts';
import { packJson } from './encoding/packed-json.ts';
import { sortableTime } from './encoding/sortable-time.ts';
import { storableText } from './encoding/storable-text.ts';
import { appendGenerations, unknownInstance } from './generations/append-generations.ts';
import { instanceFromRow, selectInstances } from './instances/instance-rows.ts';
import { saveInstances } from './instances/save-instances.ts';
import { tokenWrites } from './joining/token-writes.ts';
import { createDriveChanges } from './placement/drive-changes.ts';
import { createPlacementWrites } from './placement/placement-writes.ts';
import { createReplayWrites } from './replays/write-replays.ts';
import { type KnownGeneration, type Progress, progressAfter } from './report-progress.ts';
import { createHoldWriter } from './rollouts/holds.ts';
import { createRolloutWriter } from './rollouts/rollout-rows.ts';
import { createRunTargetWriter } from './rollouts/run-targets.ts';
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
  clock: Clock,
): TransactionSession {
  const changes = createDriveChanges(transaction, dialect, clock);
  const buffer = createWriteBuffer(transaction, dialect, changes);
  const holds = createHoldWriter(transaction, dialect);
  const runTargets = createRunTargetWriter(transaction);
  const rollouts = createRolloutWriter(transaction, dialect);
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
      ...tokenWrites(transaction, dialect, step),

      instance: (id) =>
        step(`Reading instance ${id}`, async () => {
          if (dialect.locksRows) {
            // In a statement of its own, so that the next one sees what was committed while this one waited.
            await transaction
              .selectFrom('instances')
              .select('id')
              .where('id', '=', id)
              .forNoKeyUpdate()
              .execute();
          }
          const row = await selectInstances(transaction).where('id', '=', id).executeTakeFirst();
          return row && instanceFromRow(row);
        }),

      saveInstances: (instances) =>
        step(`Saving ${counted(instances, 'instance')}`, () =>
          saveInstances(transaction, { dialect, changes }, instances),
        ),

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
          const { numUpdatedRows } = await transaction
            .updateTable('instances')
            .set({ removed_at: at })
            .where('id', '=', id)
            .where('removed_at', 'is', null)
            .executeTakeFirst();
          if (numUpdatedRows > 0n) changes.changed(id);
        }),

      appendGenerations: (generations) =>
        step(`Appending ${counted(generations, 'generation')}`, async () => {
          const numbers = await appendGenerations(transaction, dialect, generations);
          for (const { instance, composition } of generations) {
            buffer.parts(composition.parts);
            changes.changed(instance);
          }
          return numbers;
        }),

      appendEvent: (event) => step(`Appending event ${event.action}`, async () => buffer.events([event])),

      appendEvents: (events) =>
        step(`Appending ${counted(events, 'event')}`, async () => buffer.events(events)),

      recordBaseDrive: (id, purpose, drive) =>
        step(`Recording a base drive of instance ${id}`, () =>
          recordBaseDrive(transaction, id, purpose, drive),
        ),

      saveReport: (report, receivedAt, keep) =>
        step(`Saving a report of instance ${report.instance}`, async () => {
          const row = await transaction
            .updateTable('instances')
            .set((expression) => ({ reports: expression('reports', '+', 1) }))
            .where('id', '=', report.instance)
            .returning([
              'reports',
              'newest',
              'attached',
              'attached_as_of',
              'applied',
              'applied_as_of',
              'failed',
              'failed_as_of',
              'failed_reason',
            ])
            .executeTakeFirst();
          if (row === undefined) {
            throw unknownInstance(report.instance);
          }
          const before: Progress = {
            newest: row.newest ?? undefined,
            attached: known(row.attached, row.attached_as_of),
            applied: known(row.applied, row.applied_as_of),
            failure:
              row.failed === null
                ? undefined
                : {
                    generation: row.failed,
                    asOf: row.failed_as_of ?? '',
                    reason: row.failed_reason ?? '',
                  },
          };
          const after = progressAfter(before, report, receivedAt);
          if (after !== before) {
            const { attached, applied, failure } = after;
            await transaction
              .updateTable('instances')
              .set({
                attached: attached?.generation ?? null,
                attached_as_of: attached?.asOf ?? null,
                applied: applied?.generation ?? null,
                applied_as_of: applied?.asOf ?? null,
                failed: failure?.generation ?? null,
                failed_as_of: failure?.asOf ?? null,
                failed_reason: failure === undefined ? null : storableText(failure.reason),
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
          await transaction
            .deleteFrom('reports')
            .where('instance', '=', report.instance)
            .where('number', '<=', row.reports - keep)
            .execute();
        }),

      reportCounter: (id, generation) =>
        step(`Reading the report counter of instance ${id}`, async () => {
          const row = await transaction
            .selectFrom('report_counters')
            .select(['accepted', 'last_sha256'])
            .where('instance', '=', id)
            .where('generation', '=', generation)
            .executeTakeFirst();
          return { accepted: row?.accepted ?? 0, lastSha256: row?.last_sha256 ?? '' };
        }),

      saveReportCounter: (id, generation, { accepted, lastSha256 }) =>
        step(`Saving the report counter of instance ${id}`, async () => {
          const values = { accepted, last_sha256: lastSha256 };
          await transaction
            .insertInto('report_counters')
            .values({ instance: id, generation, ...values })
            .onConflict((conflict) => conflict.columns(['instance', 'generation']).doUpdateSet(values))
            .execute();
        }),

      ...createReplayWrites(transaction, step),

      saveSyncRun: (run) =>
        step(`Saving sync run ${run.id}`, async () => {
          const values = { started_sortable: sortableTime(run.startedAt), body: packJson(run) };
          await transaction
            .insertInto('sync_runs')
            .values({ id: run.id, ...values })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
            .execute();
        }),

      saveHolds: (kept) => step(`Holding ${kept.size} back`, () => holds.saveHolds(kept)),

      releaseHolds: (ids, of) =>
        step(`Releasing ${counted(ids, 'instance')}`, () => holds.releaseHolds(ids, of)),

      saveRunTargets: (run, ids, at) =>
        step(`Noting what run ${run} made`, () => runTargets.saveRunTargets(run, ids, at)),

      rollout: (id) => step(`Reading rollout ${id}`, () => rollouts.rollout(id)),

      saveRollout: (rollout) => step(`Saving rollout ${rollout.id}`, () => rollouts.saveRollout(rollout)),

      addRolloutInstances: (id, added, at) =>
        step(`Adding ${counted(added, 'instance')} to rollout ${id}`, () =>
          rollouts.addRolloutInstances(id, added, at),
        ),

      updateRolloutInstances: (id, updates, at) =>
        step(`Updating ${counted(updates, 'instance')} of rollout ${id}`, () =>
          rollouts.updateRolloutInstances(id, updates, at),
        ),

      seeHypervisor: (host, at) =>
        step(`Recording hypervisor ${host}`, async () => buffer.hypervisor(host, at)),

      saveState: (name, value) =>
        step(`Saving the state ${name}`, async () => {
          if (value === undefined) {
            await transaction.deleteFrom('state').where('name', '=', name).execute();
            return;
          }
          const values = { body: packJson(value) };
          await transaction
            .insertInto('state')
            .values({ name, ...values })
            .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
            .execute();
        }),

      ...createPlacementWrites(transaction, { dialect, changes }, step),
    },
  };
}

function counted(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}

function known(generation: number | null, asOf: string | null): KnownGeneration | undefined {
  return generation === null || asOf === null ? undefined : { generation, asOf };
}
