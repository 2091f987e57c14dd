import type { Pager } from '../client/pager.ts';
import { valueAt } from '../rows/value-at.ts';
import { type ChangeState, mostSeen, type WatchedState } from './cursor.ts';
import type { WatchedList } from './watched-lists.ts';

/** A row of a watched list that is new or was updated. */
export interface ChangedRow {
  readonly id: number;
  /** Undefined where the list's rows have none. */
  readonly slug: string | undefined;
}

/** A watched list now, and what changed in it. */
export interface Observation {
  readonly list: WatchedList;
  readonly state: WatchedState;
  readonly changed: readonly ChangedRow[];
  /** Whether it has as many rows as what was added to it explains; otherwise some were deleted. */
  readonly isExplained: boolean;
}

/**
 * Looks at the watched lists. Undefined if more changed than a cursor can say.
 * @param before the last look; `since` counts from it
 */
export async function observe(
  pager: Pager,
  lists: readonly WatchedList[],
  before: ChangeState,
  from: number,
): Promise<readonly Observation[] | undefined> {
  const observations = await Promise.all(
    lists.map((list) => look(pager, list, before.since, from, before.watched.get(list.path))),
  );
  const seen = observations.reduce((sum, { state }) => sum + state.seen.size, 0);
  return seen > mostSeen ? undefined : observations;
}

async function look(
  pager: Pager,
  list: WatchedList,
  since: number,
  from: number,
  before: WatchedState | undefined,
): Promise<Observation> {
  const seen = new Map<number, string>();
  const changed: ChangedRow[] = [];
  let added = 0;
  const query = [
    ['last_updated__gte', new Date(since).toISOString()],
    ['fields', list.machines?.by === 'slug' ? 'id,slug,created,last_updated' : 'id,created,last_updated'],
  ] as const;
  for await (const rows of pager.pages(list.path, query)) {
    for (const row of rows) {
      const updated = String(valueAt(row, 'last_updated'));
      if (Date.parse(updated) >= from && seen.size <= mostSeen) seen.set(row.id, updated);
      if (before === undefined || before.seen.get(row.id) === updated) continue;
      const slug = valueAt(row, 'slug');
      changed.push({ id: row.id, slug: typeof slug === 'string' ? slug : undefined });
      const created = Date.parse(String(valueAt(row, 'created')));
      if (created >= since && !before.seen.has(row.id)) added += 1;
    }
  }
  const count = await pager.count(list.path, []);
  return { list, state: { count, seen }, changed, isExplained: count === (before?.count ?? count) + added };
}
