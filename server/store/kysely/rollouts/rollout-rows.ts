import { type Kysely, sql, type Transaction } from 'kysely';
import type { RolloutInstance } from '../../../../schemas/types/api.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type {
  RolloutInstanceState,
  RolloutReads,
  RolloutWrites,
  StoredRollout,
} from '../../ports/rollouts.ts';
import { type BulkStatement, insertStatement, writeRows } from '../bulk-write.ts';
import { packJson, unpackJson } from '../encoding/packed-json.ts';
import { sortableTime } from '../encoding/sortable-time.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

const insertInstances = insertStatement('rollout_instances', {
  rollout: 'text',
  instance: 'text',
  place: 'integer',
  stage: 'integer',
  state: 'text',
  previous: 'integer',
  since: 'text',
});

const updateInstances: BulkStatement = {
  types: ['text', 'text', 'text', 'integer', 'text', 'text'],
  head: 'update rollout_instances set state = given.column3, generation = given.column4, since = given.column5, reason = given.column6 from',
  tail: 'where rollout_instances.rollout = given.column1 and rollout_instances.instance = given.column2',
};

/** Reads rollouts. */
export function createRolloutReader(reader: Kysely<Tables>): RolloutReads {
  return {
    rollout: (id) => readRollout(reader, id),

    async rollouts({ states, limit }) {
      const rows = await reader
        .selectFrom('rollouts')
        .select('body')
        .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
        .orderBy('created_sortable', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ body }) => unpackJson(body) as StoredRollout);
    },

    async rolloutCounts(id) {
      const rows = await reader
        .selectFrom('rollout_instances')
        .select(({ fn }) => ['stage', 'state', fn.countAll<number | string>().as('count')])
        .where('rollout', '=', storableText(id))
        .groupBy(['stage', 'state'])
        .orderBy('stage')
        .orderBy('state')
        .execute();
      return rows.map(({ stage, state, count }) => ({
        stage,
        state: state as RolloutInstanceState,
        count: Number(count),
      }));
    },

    async rolloutInstances({ rollout, states, stage, after, limit }) {
      const rows = await reader
        .selectFrom('rollout_instances')
        .leftJoin('instances', 'instances.id', 'rollout_instances.instance')
        .select([
          'instance',
          'instances.name',
          'place',
          'stage',
          'state',
          'previous',
          'generation',
          'since',
          'reason',
        ])
        .where('rollout', '=', storableText(rollout))
        .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
        .$if(stage !== undefined, (query) => query.where('stage', '=', stage ?? 0))
        .$if(after !== undefined, (query) => query.where('place', '>', after ?? 0))
        .orderBy('place')
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      return {
        instances: page.map(({ name, place: _place, reason, state, ...row }) => ({
          ...row,
          name: name ?? row.instance,
          state: state as RolloutInstance['state'],
          ...(reason === null ? {} : { reason }),
        })),
        next: rows.length > limit ? (page.at(-1)?.place ?? null) : null,
      };
    },

    async openRolloutInstances(id) {
      const rows = await reader
        .selectFrom('rollout_instances')
        .leftJoin('instances', 'instances.id', 'rollout_instances.instance')
        .select([
          'instance',
          'generation',
          'since',
          'instances.id',
          'removed_at',
          'attached',
          'applied',
          'failed',
          'failed_reason',
        ])
        .where('rollout', '=', storableText(id))
        .where('state', '=', 'under-way')
        .orderBy('place')
        .execute();
      return rows.map(({ instance, generation, since, id: known, removed_at, failed_reason, ...heard }) => ({
        ...heard,
        instance: instance as InstanceId,
        generation: generation ?? 0,
        since,
        removed: known === null || removed_at !== null,
        failedReason: failed_reason,
      }));
    },
  };
}

/** Writes rollouts in an open transaction. */
export function createRolloutWriter(transaction: Transaction<Tables>, dialect: StoreDialect): RolloutWrites {
  return {
    async rollout(id) {
      if (dialect.locksRows) {
        await sql`select 1 from rollouts where id = ${storableText(id)} for no key update`.execute(
          transaction,
        );
      }
      return await readRollout(transaction, id);
    },

    async saveRollout(rollout) {
      const values = {
        created_sortable: sortableTime(rollout.createdAt),
        state: rollout.state,
        body: packJson(rollout),
      };
      await transaction
        .insertInto('rollouts')
        .values({ id: rollout.id, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
        .execute();
    },

    async addRolloutInstances(rollout, instances, at) {
      const rows = instances.map(({ instance, stage, previous }, index) => [
        rollout,
        instance,
        index + 1,
        stage,
        'waiting',
        previous,
        at,
      ]);
      await writeRows(transaction, dialect, insertInstances, rows);
    },

    async updateRolloutInstances(rollout, updates, at) {
      const rows = updates
        .toSorted((one, other) => (one.instance < other.instance ? -1 : 1))
        .map(({ instance, state, generation, reason }) => [
          rollout,
          instance,
          state,
          generation,
          at,
          reason === undefined ? null : storableText(reason),
        ]);
      await writeRows(transaction, dialect, updateInstances, rows);
    },
  };
}

async function readRollout(db: Kysely<Tables>, id: string): Promise<StoredRollout | undefined> {
  const row = await db
    .selectFrom('rollouts')
    .select('body')
    .where('id', '=', storableText(id))
    .executeTakeFirst();
  return row && (unpackJson(row.body) as StoredRollout);
}
