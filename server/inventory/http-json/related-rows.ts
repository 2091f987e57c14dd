import type { HttpJsonRelated } from '../../../schemas/types/server-configuration.ts';
import type { ListPorts } from './list/pages.ts';
import { textAt } from './list/pointer-value.ts';
import { type ListLimits, type RowSink, readList } from './list/read-list.ts';

/** Records of the related lists that belong to one row of the list of instances. */
export type RelatedRows = (row: unknown) => Promise<Readonly<Record<string, readonly unknown[]>>>;

type Relations = readonly (readonly [name: string, relation: HttpJsonRelated])[];

/** Reads all related lists whole. */
export async function readRelatedLists(
  ports: ListPorts,
  relations: Relations,
  limits: ListLimits,
): Promise<RelatedRows> {
  const lists = new Map<string, ReadonlyMap<string, readonly unknown[]>>();
  for (const [name, relation] of relations) {
    lists.set(name, await readList(ports, relation.list, {}, () => groupBy(relation.key), limits));
  }
  return async (row) =>
    Object.fromEntries(
      relations.map(([name, { of }]) => [name, lists.get(name)?.get(textAt(row, of) ?? '') ?? []]),
    );
}

/** Asks for the related records of each row alone. */
export function lookUpRelated(ports: ListPorts, relations: Relations, limits: ListLimits): RelatedRows {
  return async (row) => {
    const found: Record<string, readonly unknown[]> = {};
    for (const [name, relation] of relations) {
      const key = textAt(row, relation.of);
      if (key === undefined || relation.lookup === undefined || !isQueryKey(key)) found[name] = [];
      else {
        const groups = await readList(ports, relation.lookup, { key }, () => groupBy(relation.key), limits);
        found[name] = groups.get(key) ?? [];
      }
    }
    return found;
  };
}

/** Whether a key can go into any query without being able to change it. */
export function isQueryKey(key: string): boolean {
  return /^[\w.:-]{1,128}$/.test(key);
}

function groupBy(pointer: string): RowSink<ReadonlyMap<string, readonly unknown[]>> {
  const groups = new Map<string, unknown[]>();
  return {
    async take(rows) {
      for (const row of rows) {
        const key = textAt(row, pointer);
        if (key === undefined) continue;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [row]);
        else group.push(row);
      }
    },
    result: () => groups,
  };
}
