import { positionFrom } from './by-id.ts';
import { createFilter, unknownChoice } from './filters.ts';
import type { NetboxLists, NetboxObject } from './netbox-server.ts';
import { represent } from './representation.ts';

/** What NetBox is set to. */
export interface ListSettings {
  /** Whether it knows `start` (4.6). An older one ignores it, as NetBox does with any unknown parameter. */
  readonly cursor: boolean;
  /** `MAX_PAGE_SIZE`. */
  readonly maximumPageSize: number;
}

/** The answer to a request for a list: `{count, next, previous, results}`, with the status. */
export function answerList(
  url: URL,
  path: string,
  lists: NetboxLists,
  { cursor, maximumPageSize }: ListSettings,
): readonly [status: number, value: unknown] {
  const query = url.searchParams;
  const list = lists[path];
  if (list === undefined) return [404, { detail: 'Not found.' }];
  const unknown = unknownChoice(query, lists);
  if (unknown !== undefined) return [400, unknown];
  const limit = Math.min(Number(query.get('limit') ?? 50), maximumPageSize);
  const start = cursor ? query.get('start') : null;
  if (start !== null && (query.has('offset') || query.has('ordering'))) {
    return [400, { detail: 'start is not with offset or ordering' }];
  }
  const passes = createPredicate(path, query, lists);
  const { rows, count, hasNext, following } =
    start === null
      ? pageByOffset(list, query, passes, limit)
      : pageFrom(sort(list, 'id'), Number(start), passes, limit);
  const next = new URL(url);
  next.searchParams.set(start === null ? 'offset' : 'start', String(following));
  return [
    200,
    {
      count,
      next: hasNext ? next.href : null,
      previous: null,
      results: rows.map((object) => represent(object, path, query, lists)),
    },
  ];
}

interface Page {
  readonly rows: readonly NetboxObject[];
  /** Null with the cursor. */
  readonly count: number | null;
  readonly hasNext: boolean;
  /** Offset or id with which the next page begins. */
  readonly following: number | undefined;
}

function pageFrom(
  list: readonly NetboxObject[],
  start: number,
  passes: (object: NetboxObject) => boolean,
  limit: number,
): Page {
  const rows: NetboxObject[] = [];
  for (let index = positionFrom(list, start); index < list.length; index += 1) {
    const object = list[index];
    if (object === undefined || !passes(object)) continue;
    if (rows.length === limit) return { rows, count: null, hasNext: true, following: object.id };
    rows.push(object);
  }
  return { rows, count: null, hasNext: false, following: undefined };
}

function pageByOffset(
  list: readonly NetboxObject[],
  query: URLSearchParams,
  passes: (object: NetboxObject) => boolean,
  limit: number,
): Page {
  const matching = list.filter(passes);
  const offset = Number(query.get('offset') ?? 0);
  // NetBox sorts virtual machines by name unless it is told otherwise.
  const rows = sort(matching, query.get('ordering') ?? 'name').slice(offset, offset + limit);
  const following = offset + limit;
  return { rows, count: matching.length, hasNext: following < matching.length, following };
}

/** What an object refers to counts as it is now. */
function createPredicate(
  path: string,
  query: URLSearchParams,
  lists: NetboxLists,
): (object: NetboxObject) => boolean {
  const passes = createFilter(query, lists);
  const isNested = ['tag', 'tenant', 'site', 'cluster', 'platform', 'role'].some((name) => query.has(name));
  const everything = new URLSearchParams();
  return isNested ? (object) => passes(represent(object, path, everything, lists)) : passes;
}

/** @param ordering a field, with `-` for the greatest first; rows that are the same by it stay in the order of ids */
function sort(list: readonly NetboxObject[], ordering: string): readonly NetboxObject[] {
  const field = ordering.replace(/^-/, '');
  const isById = list.every(({ id }, index) => id > (list[index - 1]?.id ?? 0));
  const byId = isById ? list : list.toSorted((one, other) => one.id - other.id);
  if (field === 'id') return ordering === 'id' ? byId : byId.toReversed();
  const key = (object: NetboxObject): string => String(object[field]);
  const order = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
  const sorted = byId.toSorted((one, other) => order(key(one), key(other)));
  return ordering.startsWith('-') ? sorted.toReversed() : sorted;
}
