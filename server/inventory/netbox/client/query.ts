/** Names and values of a query, in order. */
export type Query = readonly (readonly [name: string, value: string])[];

/** Items in queries of a bounded length each. */
export function batches<T>(items: readonly T[], size: number, query: (item: T) => Query): readonly Query[] {
  const result: Query[] = [];
  for (let at = 0; at < items.length; at += size) result.push(items.slice(at, at + size).flatMap(query));
  return result;
}
