import { hasFilters, matches, unknownChoice } from './filters.ts';
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
  const matching = hasFilters(query) ? list.filter(passes(path, query, lists)) : list;
  // NetBox sorts virtual machines by name unless it is told otherwise.
  const sorted = sort(matching, start === null ? (query.get('ordering') ?? 'name') : 'id');
  const offset = Number(query.get('offset') ?? 0);
  const first = start === null ? offset : sorted.findIndex(({ id }) => id >= Number(start));
  const rest = first < 0 ? [] : sorted.slice(first, first + limit + 1);
  const following = rest[limit];
  const next = new URL(url);
  if (start !== null) next.searchParams.set('start', String(following?.id));
  else next.searchParams.set('offset', String(offset + limit));
  return [
    200,
    {
      count: start === null ? matching.length : null,
      next: following === undefined ? null : next.href,
      previous: null,
      results: rest.slice(0, limit).map((object) => represent(object, path, query, lists)),
    },
  ];
}

/** What an object refers to counts as it is now. */
function passes(path: string, query: URLSearchParams, lists: NetboxLists): (object: NetboxObject) => boolean {
  const isNested = ['tag', 'tenant', 'site', 'cluster', 'platform', 'role'].some((name) => query.has(name));
  const everything = new URLSearchParams();
  return (object) => matches(isNested ? represent(object, path, everything, lists) : object, query, lists);
}

/** @param ordering a field, with `-` for the greatest first; rows that are the same by it stay in the order of ids */
function sort(list: readonly NetboxObject[], ordering: string): readonly NetboxObject[] {
  const field = ordering.replace(/^-/, '');
  const isById = list.every(({ id }, index) => id > (list[index - 1]?.id ?? 0));
  const byId = isById ? list : list.toSorted((one, other) => one.id - other.id);
  if (field === 'id') return ordering === 'id' ? byId : byId.toReversed();
  const key = (object: NetboxObject): string => String(object[field]);
  const sorted = byId.toSorted((one, other) => key(one).localeCompare(key(other)));
  return ordering.startsWith('-') ? sorted.toReversed() : sorted;
}
