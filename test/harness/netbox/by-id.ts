import type { NetboxObject } from './netbox-server.ts';

/** The position of the first object with at least this id, in a list that is sorted by it. */
export function positionFrom(list: readonly NetboxObject[], id: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The object with an id, quickly in a list that is sorted by it. */
export function findById(list: readonly NetboxObject[] | undefined, id: unknown): NetboxObject | undefined {
  if (list === undefined || typeof id !== 'number') return undefined;
  const found = list[positionFrom(list, id)];
  return found?.id === id ? found : list.find((object) => object.id === id);
}
