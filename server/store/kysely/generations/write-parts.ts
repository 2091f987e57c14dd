import type { Transaction } from 'kysely';
import type { GuestPart } from '../../../domain/compose/composition.ts';
import { chunks } from '../bulk-write.ts';
import { packJson } from '../encoding/packed-json.ts';
import type { Tables } from '../tables.ts';

const keysAStatement = 1000;
const partsAStatement = 10;

/**
 * Inserts the parts that are not there yet. Which ones are is asked each time, a query of a millisecond for hundreds,
 * and never remembered: what another transaction wrote may have been rolled back, or lost in a failover.
 * In order of key, so that two transactions that insert the same parts never wait for each other in a circle.
 */
export async function writeParts(
  transaction: Transaction<Tables>,
  parts: ReadonlyMap<string, GuestPart<unknown>>,
): Promise<void> {
  const missing = new Map([...parts].sort(([left], [right]) => (left < right ? -1 : 1)));
  for (const keys of chunks([...parts.keys()], keysAStatement)) {
    const present = await transaction.selectFrom('parts').select('key').where('key', 'in', keys).execute();
    for (const { key } of present) missing.delete(key);
  }
  for (const chunk of chunks([...missing.values()], partsAStatement)) {
    await transaction
      .insertInto('parts')
      .values(
        chunk.map(({ key, sha256, value, sources }) => ({
          key,
          sha256,
          value: packJson(value),
          sources: packJson(sources),
        })),
      )
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
  }
}
