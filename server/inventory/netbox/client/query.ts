/** Names and values of a query, in order. */
export type Query = readonly (readonly [name: string, value: string])[];

/** Items in queries of a bounded length each. */
export function batches<T>(items: readonly T[], size: number, query: (item: T) => Query): readonly Query[] {
  const result: Query[] = [];
  for (let at = 0; at < items.length; at += size) result.push(items.slice(at, at + size).flatMap(query));
  return result;
}

/**
 * A filter that lets through only rows with one of some values: in NetBox values of one parameter are alternatives, so
 * that ones given beside those of the filter would widen it. None where the filter allows none of the values.
 */
export function narrowed(filter: Query, parameter: string, values: readonly string[]): readonly Query[] {
  const allowed = new Set(filter.filter(([name]) => name === parameter).map(([, value]) => value));
  const left = allowed.size === 0 ? values : values.filter((value) => allowed.has(value));
  if (left.length === 0) return [];
  return [
    [...filter.filter(([name]) => name !== parameter), ...left.map((value) => [parameter, value] as const)],
  ];
}
