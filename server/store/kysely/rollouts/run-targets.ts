import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { FollowedInstance, RunProgress } from '../../../../schemas/types/api.ts';
import type { RunTargetReads, RunTargetWrites, TargetState } from '../../ports/run-targets.ts';
import { chunks } from '../bulk-write.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { Tables } from '../tables.ts';

const idsAStatement = 1000;

/** How far the generation that a run made has come. A later one that is there counts: it has all that was to come. */
const targetState: RawBuilder<TargetState> = sql`case
  when instances.removed_at is not null then 'removed'
  when instances.applied >= run_targets.generation then 'applied'
  when instances.failed >= run_targets.generation then 'failed'
  when instances.attached >= run_targets.generation then 'attached'
  else 'waiting' end`;

/** Reads how far the instances of runs are. */
export function createRunTargetReader(reader: Kysely<Tables>): RunTargetReads {
  const targets = (run: string) =>
    reader
      .selectFrom('run_targets')
      .innerJoin('instances', 'instances.id', 'run_targets.instance')
      .where('run_targets.run', '=', storableText(run));
  return {
    async runProgress(run, { states, after, limit }) {
      const counted = await targets(run)
        .select(({ fn }) => [targetState.as('state'), fn.countAll<number | string>().as('count')])
        .groupBy(targetState)
        .execute();
      if (counted.length === 0) return undefined;
      const counts = { total: 0, waiting: 0, attached: 0, applied: 0, failed: 0, removed: 0 };
      for (const { state, count } of counted) {
        counts[state] = Number(count);
        counts.total += Number(count);
      }
      if (limit === 0) return { run, counts, instances: [], next: null };
      const rows = await targets(run)
        .select([
          'instances.id',
          'instances.name',
          'instances.failed_reason',
          'run_targets.generation',
          targetState.as('state'),
        ])
        .$if(states !== undefined, (query) => query.where(targetState, 'in', states ?? []))
        .$if(after !== undefined, (query) => query.where('run_targets.instance', '>', after ?? ''))
        .orderBy('run_targets.instance')
        .limit(limit + 1)
        .execute();
      const instances = rows.slice(0, limit).map(
        ({ id, name, generation, state, failed_reason }): FollowedInstance => ({
          instance: id,
          name,
          generation,
          state,
          ...(state === 'failed' && failed_reason !== null ? { reason: failed_reason } : {}),
        }),
      );
      const next = rows.length > limit ? (instances.at(-1)?.instance ?? null) : null;
      return { run, counts, instances, next } satisfies RunProgress;
    },
  };
}

/** Writes what runs made in an open transaction. */
export function createRunTargetWriter(transaction: Transaction<Tables>): RunTargetWrites {
  return {
    async saveRunTargets(run, instances, { now, forget }) {
      await transaction.deleteFrom('run_targets').where('noted_at', '<', forget).execute();
      for (const chunk of chunks([...new Set(instances)].sort(), idsAStatement)) {
        await transaction
          .insertInto('run_targets')
          .columns(['run', 'instance', 'generation', 'noted_at'])
          .expression((expression) =>
            expression
              .selectFrom('instances')
              .select((eb) => [
                sql<string>`cast(${eb.val(run)} as text)`.as('run'),
                'id',
                sql<number>`${eb.ref('newest')}`.as('generation'),
                sql<string>`cast(${eb.val(now)} as text)`.as('noted_at'),
              ])
              .where('id', 'in', chunk)
              .where('newest', 'is not', null),
          )
          .execute();
      }
    },
  };
}
