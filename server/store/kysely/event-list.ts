import type { Kysely, Selectable } from 'kysely';
import type { Event } from '../../../schemas/types/api.ts';
import type { Store } from '../store.ts';
import { sortableTime } from './encoding/sortable-time.ts';
import type { EventTable, Tables } from './tables.ts';

/** Events in order of id, as `Store.events` says. */
export async function listEvents(
  reader: Kysely<Tables>,
  { instance, action, actor, since, until, after, limit }: Parameters<Store['events']>[0],
): Promise<readonly Event[]> {
  let query = reader
    .selectFrom('events')
    .select(['id', 'at', 'actor', 'action', 'instance', 'reason', 'details'])
    .orderBy('id')
    .limit(limit);
  if (instance !== undefined) {
    query = query.where('instance', '=', instance);
  }
  if (action !== undefined) {
    query = query.where('action', '=', action);
  }
  if (actor !== undefined) {
    query = query.where('actor', '=', actor);
  }
  if (after !== undefined) {
    query = query.where('id', '>', after);
  }
  if (until !== undefined) {
    query = query.where('at_sortable', '<', sortableTime(until));
  }
  if (since !== undefined) {
    const start = sortableTime(since);
    query = query.where('at_sortable', '>=', start);
    if (instance === undefined && after === undefined) {
      // Where to begin, from the index by time: to come out in order of id, the events before it would all be read.
      // For min(id) too, which is why a sum is asked for that no index is sorted by.
      const first = reader
        .selectFrom('events')
        .select((expression) => expression.fn.min<number>(expression('id', '+', 0)).as('id'))
        .where('at_sortable', '>=', start);
      query = query.where('id', '>=', first);
    }
  }
  return (await query.execute()).map(eventFromRow);
}

function eventFromRow(row: Omit<Selectable<EventTable>, 'at_sortable'>): Event {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    instance: row.instance,
    reason: row.reason,
    details: JSON.parse(row.details) as Event['details'],
  };
}
