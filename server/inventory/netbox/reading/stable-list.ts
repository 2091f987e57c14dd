import { HttpFailure } from '../../http-client/http-failure.ts';
import type { Pager } from '../client/pager.ts';
import type { Query } from '../client/query.ts';
import type { Collection } from '../rows/collections.ts';

/** A list as it was read, which changes in NetBox may have overtaken. */
export interface StableList<T> {
  /** The rows of use, in no particular order. */
  rows(): Iterable<T>;
  /** The same, for the last time: each row is let go of when it is given, as there may be a million. */
  drain(): Iterable<T>;
  /** Reads the whole list. */
  read(): Promise<void>;
  /**
   * Reads what changed since a time by the server's clock, and compares the number of rows with the server's count.
   * Where they differ, drops the rows that are gone and reads again what a page did not have.
   * @returns whether nothing was amiss
   */
  catchUp(since: Date): Promise<boolean>;
}

export function createStableList<T>(
  pager: Pager,
  { path, filter, fields, keep }: Collection<T>,
): StableList<T> {
  /** Every row by id; undefined for one of no use, which counts all the same. */
  const held = new Map<number, T | undefined>();

  async function take(more: Query): Promise<void> {
    for await (const rows of pager.pages(path, [...filter, ...fields, ...more])) {
      for (const row of rows) held.set(row.id, keep(row));
    }
  }

  return {
    *rows() {
      for (const row of held.values()) if (row !== undefined) yield row;
    },
    *drain() {
      for (const [id, row] of held) {
        held.delete(id);
        if (row !== undefined) yield row;
      }
    },
    read: () => take([]),
    async catchUp(since) {
      await take([['last_updated__gte', since.toISOString()]]);
      if ((await pager.count(path, filter)) === held.size) return true;
      const present = new Set<number>();
      for await (const rows of pager.pages(path, [...filter, ['fields', 'id']])) {
        for (const { id } of rows) present.add(id);
      }
      for (const id of held.keys()) if (!present.has(id)) held.delete(id);
      if (present.size > held.size) await take([]);
      return false;
    },
  };
}

/** How often lists are compared with the server before they are given up. */
const mostRounds = 4;

/**
 * Brings lists that were read one after another to what NetBox has now: a change during the reading is read again, a
 * row deleted meanwhile is dropped. Fails if they do not come to rest.
 */
export async function settle(
  lists: readonly Pick<StableList<unknown>, 'catchUp'>[],
  since: Date,
): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const calm = await Promise.all(lists.map((list) => list.catchUp(since)));
    if (calm.every(Boolean)) return;
  }
  throw new HttpFailure(
    'counts other rows than it gives, again and again',
    'try again when fewer changes are made; check that the token may view all objects',
  );
}
