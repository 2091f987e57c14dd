import type { Kysely } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { Replay } from '../../../domain/replay/replay.ts';
import type { DriveFacts, ReplayReads } from '../../ports/replays.ts';
import type { Tables } from '../tables.ts';

type Attempt = <T>(doing: string, work: () => Promise<T>) => Promise<T>;

/** The reads of replays. @param attempt turns failures of the database into the store's */
export function createReplayReader(reader: Kysely<Tables>, attempt: Attempt): ReplayReads {
  return {
    openReplays: ({ until, after, limit }) =>
      attempt('Listing replays', async () => {
        const rows = await reader
          .selectFrom('replays')
          .select(['instance', 'body'])
          .where('until', 'is not', null)
          .$if(until !== undefined, (query) => query.where('until', '<=', until ?? ''))
          .$if(after !== undefined, (query) => query.where('instance', '>', after ?? ''))
          .orderBy('instance')
          .limit(limit)
          .execute();
        return rows.map(({ instance, body }) => ({
          instance: instance as InstanceId,
          replay: replayFromJson(body),
        }));
      }),

    driveFacts: (id, generation) =>
      attempt(`Reading what drives of instance ${id} had`, async () => {
        const row = await reader
          .selectFrom('drive_facts')
          .select('body')
          .where('instance', '=', id)
          .where('generation', '<=', generation)
          .orderBy('generation', 'desc')
          .limit(1)
          .executeTakeFirst();
        return row === undefined ? {} : (JSON.parse(row.body) as DriveFacts);
      }),

    firstReportCounter: (id, generation) =>
      attempt(`Reading the report counter of instance ${id}`, async () => {
        const row = await reader
          .selectFrom('report_counters')
          .select('first')
          .where('instance', '=', id)
          .where('generation', '=', generation)
          .executeTakeFirst();
        return row?.first ?? 0;
      }),
  };
}

/** A replay as its row keeps it. */
export function replayFromJson(json: string): Replay {
  return JSON.parse(json) as Replay;
}
