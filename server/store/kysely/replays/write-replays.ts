import type { Transaction } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { Replay } from '../../../domain/replay/replay.ts';
import type { Tables } from '../tables.ts';

/** Keeps the replay of an instance, as `ReplayWrites.saveReplay` says. */
export async function saveReplay(
  transaction: Transaction<Tables>,
  id: InstanceId,
  replay: Replay,
): Promise<void> {
  const values = { until: replay.endedAt === null ? replay.until : null, body: JSON.stringify(replay) };
  await transaction
    .insertInto('replays')
    .values({ instance: id, ...values })
    .onConflict((conflict) => conflict.column('instance').doUpdateSet(values))
    .execute();
}

/** Drives carry the next token that is good, as `ReplayWrites.renewReportTokens` says. */
export async function renewReportTokens(
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
