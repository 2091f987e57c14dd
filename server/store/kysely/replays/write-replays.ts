import type { Transaction } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { Replay } from '../../../domain/replay/replay.ts';
import type { ReplayWrites } from '../../ports/replays.ts';
import type { Tables } from '../tables.ts';

/** The part of a transaction that writes replays. */
export function createReplayWrites(
  transaction: Transaction<Tables>,
  step: <T>(doing: string, work: () => Promise<T>) => Promise<T>,
): ReplayWrites {
  return {
    saveReplay: (id, replay) =>
      step(`Saving the replay of instance ${id}`, () => saveReplay(transaction, id, replay)),
    renewReportTokens: (id, generations) =>
      step(`Renewing the report tokens of instance ${id}`, () =>
        renewReportTokens(transaction, id, generations),
      ),
  };
}

/** Keeps the replay of an instance, as `ReplayWrites.saveReplay` says. */
async function saveReplay(transaction: Transaction<Tables>, id: InstanceId, replay: Replay): Promise<void> {
  const values = { until: replay.endedAt === null ? replay.until : null, body: JSON.stringify(replay) };
  await transaction
    .insertInto('replays')
    .values({ instance: id, ...values })
    .onConflict((conflict) => conflict.column('instance').doUpdateSet(values))
    .execute();
}

/** Drives carry the next token that is good, as `ReplayWrites.renewReportTokens` says. */
async function renewReportTokens(
  transaction: Transaction<Tables>,
  id: InstanceId,
  generations: readonly number[],
): Promise<void> {
  await transaction
    .updateTable('report_counters')
    .set((expression) => ({ first: expression.ref('accepted') }))
    .where('instance', '=', id)
    .where('generation', 'in', [...generations])
    .execute();
}
