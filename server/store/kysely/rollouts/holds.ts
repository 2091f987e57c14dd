import type { Kysely, Transaction } from 'kysely';
import type { GuestPart, OwnPart, PayloadValue } from '../../../domain/compose/composition.ts';
import type { HeldParts } from '../../../domain/compose/held-parts.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { Hold, HoldReads, Holds, HoldWrites } from '../../ports/holds.ts';
import { chunks, insertStatement, writeRows } from '../bulk-write.ts';
import { expandLines } from '../encoding/compact-lines.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';

const idsAStatement = 1000;
/** Each is a condition of its own, and SQLite takes no more than 1000 of them. */
const generationsAStatement = 200;

const insertHolds = insertStatement(
  'holds',
  { instance: 'text', generation: 'integer', held_by: 'text', rollout: 'text', body: 'text' },
  { key: 'instance', columns: ['generation', 'held_by', 'rollout', 'body'] },
);

/** Reads holds and what they keep. @param part a part by its key */
export function createHoldReader(
  reader: Kysely<Tables>,
  part: (key: string) => Promise<GuestPart<unknown> | undefined>,
): HoldReads {
  return {
    async holds() {
      const rows = await reader.selectFrom('holds').select(['instance', 'body']).execute();
      return new Map(rows.map(({ instance, body }) => [instance as InstanceId, holdFromJson(body)]));
    },

    async heldParts(generations) {
      const found = new Map<InstanceId, HeldParts>();
      for (const chunk of chunks([...generations.keys()].sort(), generationsAStatement)) {
        const rows = await reader
          .selectFrom('generations')
          .select(['instance', 'number', 'own', 'own_sources', 'payload'])
          .where((where) =>
            where.or(
              chunk.map((id) =>
                where('instance', '=', id as string).and('number', '=', generations.get(id) ?? 0),
              ),
            ),
          )
          .execute();
        for (const row of rows) {
          const payload = await part(row.payload);
          if (payload === undefined) continue;
          found.set(row.instance as InstanceId, {
            own: JSON.parse(row.own) as OwnPart,
            ownSources: () => expandLines(row.own_sources),
            // Written by composing a payload, under a key that only such a part has.
            payload: payload as GuestPart<PayloadValue>,
          });
        }
      }
      return found;
    },
  };
}

/** Writes holds in an open transaction. */
export function createHoldWriter(transaction: Transaction<Tables>, dialect: StoreDialect): HoldWrites {
  return {
    async saveHolds(holds: Holds) {
      const rows = [...holds]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([instance, hold]) => [
          instance,
          hold.generation,
          hold.by,
          hold.rollout ?? null,
          storableText(JSON.stringify(hold)),
        ]);
      await writeRows(transaction, dialect, insertHolds, rows);
    },

    async releaseHolds(instances, of) {
      for (const chunk of chunks([...instances].sort(), idsAStatement)) {
        await transaction
          .deleteFrom('holds')
          .where('instance', 'in', chunk)
          .where('held_by', '=', of.by)
          .$if(of.by === 'rollout', (query) =>
            query.where('rollout', '=', of.by === 'rollout' ? of.rollout : ''),
          )
          .execute();
      }
    },
  };
}

/** A hold as it was written. */
export function holdFromJson(body: string): Hold {
  return JSON.parse(body) as Hold;
}
