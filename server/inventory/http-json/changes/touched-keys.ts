import type { HttpJsonChanges } from '../../../../schemas/types/server-configuration.ts';
import type { ListPorts } from '../list/pages.ts';
import { textAt } from '../list/pointer-value.ts';
import { type ListLimits, type RowSink, readList } from '../list/read-list.ts';
import { isQueryKey } from '../related-rows.ts';
import { formatSince } from './since.ts';

/** More changed than is worth asking for one by one, or something that cannot be asked for. */
class NotOneByOne extends Error {}

/**
 * Keys of the instances that something happened to since then; undefined where all should be read instead: there are
 * more than `limits.changes`, or one that could change a query.
 */
export async function readTouchedKeys(
  ports: ListPorts,
  changes: HttpJsonChanges,
  since: Date,
  limits: ListLimits & { readonly changes: number },
): Promise<ReadonlySet<string> | undefined> {
  const keys = new Set<string>();
  const values = { since: formatSince(since, changes) };
  try {
    for (const { list, key } of Object.values(changes.touched)) {
      await readList(ports, list, values, () => collect(key, keys, limits.changes), limits);
    }
    return keys;
  } catch (error) {
    if (error instanceof NotOneByOne) return undefined;
    throw error;
  }
}

/** A list that is read again from its start adds the same keys once more. */
function collect(pointer: string, keys: Set<string>, most: number): RowSink<void> {
  return {
    async take(rows) {
      for (const row of rows) {
        const key = textAt(row, pointer);
        if (key === undefined) continue;
        keys.add(key);
        if (!isQueryKey(key) || keys.size > most) throw new NotOneByOne();
      }
    },
    result: () => undefined,
  };
}
