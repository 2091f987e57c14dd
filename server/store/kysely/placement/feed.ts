import type { Kysely, Transaction } from 'kysely';
import { AppError } from '../../../domain/errors.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { FeedHead, HostChange, PlacementReads } from '../../ports/placement.ts';
import { replayFromJson } from '../replays/read-replays.ts';
import type { Tables } from '../tables.ts';

/** Epochs that are kept: each start of a server begins one. */
const epochsKept = 1000;

/** Where the feed stands, as `PlacementReads.feedHead` says. */
export async function readFeedHead(reader: Kysely<Tables>): Promise<FeedHead> {
  const row = await reader
    .selectFrom('counters')
    .select((expression) => [
      'value',
      expression.selectFrom('feed_epochs').select('id').orderBy('number', 'desc').limit(1).as('epoch'),
    ])
    .where('name', '=', 'changes')
    .executeTakeFirstOrThrow();
  if (row.epoch === null) {
    throw new AppError('internal', 'the feed of changes was read before its first epoch had begun');
  }
  return { epoch: row.epoch, change: row.value };
}

/** Begins an epoch at the newest change. */
export async function beginEpoch(transaction: Transaction<Tables>, id: string): Promise<void> {
  // Locks the counter: servers that start together number their epochs one after the other.
  const { value } = await transaction
    .updateTable('counters')
    .set((expression) => ({ value: expression('value', '+', 0) }))
    .where('name', '=', 'changes')
    .returning('value')
    .executeTakeFirstOrThrow();
  const newest = await transaction
    .selectFrom('feed_epochs')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst();
  const number = (newest?.number ?? 0) + 1;
  await transaction.insertInto('feed_epochs').values({ number, id, since: value }).execute();
  await transaction
    .deleteFrom('feed_epochs')
    .where('number', '<=', number - epochsKept)
    .execute();
}

/** Whether a cursor can be continued, as `PlacementReads.canContinue` says. */
export async function canContinue(reader: Kysely<Tables>, { epoch, change }: FeedHead): Promise<boolean> {
  const own = await reader
    .selectFrom('feed_epochs')
    .select(['number', 'since'])
    .where('id', '=', epoch)
    .executeTakeFirst();
  if (own === undefined || change < own.since) return false;
  const next = await reader
    .selectFrom('feed_epochs')
    .select('since')
    .where('number', '>', own.number)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst();
  const counters = await reader
    .selectFrom('counters')
    .select(['name', 'value'])
    .where('name', 'in', ['changes', 'departures-pruned'])
    .execute();
  const counter = (wanted: string) => counters.find(({ name }) => name === wanted)?.value ?? 0;
  const reached = next === undefined ? counter('changes') : next.since;
  return change <= reached && change >= counter('departures-pruned');
}

/** Hosts with changes, as `PlacementReads.changedHosts` says. */
export async function changedHosts(reader: Kysely<Tables>, after: number) {
  const rows = await reader
    .selectFrom('host_changes')
    .select(['host', 'change'])
    .where('change', '>', after)
    .execute();
  return rows;
}

/** What concerns a host, as `PlacementReads.hostChanges` says. */
export async function hostChanges(
  reader: Kysely<Tables>,
  host: string,
  after: number | undefined,
): ReturnType<PlacementReads['hostChanges']> {
  const placed = await reader
    .selectFrom('instances')
    .innerJoin('instance_changes', 'instance_changes.instance', 'instances.id')
    .leftJoin('replays', 'replays.instance', 'instances.id')
    .select(['id', 'name', 'newest', 'removed_at', 'at', 'replays.body as replay'])
    .where('placed_on', '=', host)
    .$if(after === undefined, (query) => query.where('removed_at', 'is', null))
    .$if(after !== undefined, (query) => query.where('change', '>', after ?? 0))
    .orderBy('id')
    .execute();
  const changes = new Map<string, HostChange>();
  for (const { id, name, newest, removed_at, at, replay } of placed) {
    const isThere = removed_at === null;
    changes.set(id, {
      instance: id as InstanceId,
      name,
      state: isThere ? 'placed' : 'gone',
      generation: isThere ? newest : null,
      ...(isThere && replay !== null ? { replay: replayFromJson(replay) } : {}),
      since: at,
    });
  }
  if (after === undefined) return [...changes.values()];
  // After the others: what left in between is gone.
  const departed = await reader
    .selectFrom('departures')
    .innerJoin('instances', 'instances.id', 'departures.instance')
    .select(['instance', 'name', 'at'])
    .where('host', '=', host)
    .where('change', '>', after)
    .where((expression) =>
      expression.or([expression('placed_on', 'is', null), expression('placed_on', '!=', host)]),
    )
    .orderBy('instance')
    .execute();
  for (const { instance, name, at } of departed) {
    changes.set(instance, {
      instance: instance as InstanceId,
      name,
      state: 'gone',
      generation: null,
      since: at,
    });
  }
  return [...changes.values()];
}

/** Forgets departures and grants, as `RemovalWrites.pruneFeed` says. */
export async function pruneFeed(
  transaction: Transaction<Tables>,
  departuresBefore: string,
  now: string,
): Promise<void> {
  // In the order of the write buffer: the counter lets no one else into the departures.
  const { value } = await transaction
    .updateTable('counters')
    .set((expression) => ({ value: expression('value', '+', 0) }))
    .where('name', '=', 'changes')
    .returning('value')
    .executeTakeFirstOrThrow();
  const pruned = await transaction
    .deleteFrom('departures')
    .where('at', '<', departuresBefore)
    .where('change', '<=', value)
    .returning('change')
    .execute();
  const newest = pruned.reduce((most, { change }) => Math.max(most, change), 0);
  await transaction
    .updateTable('counters')
    .set({ value: newest })
    .where('name', '=', 'departures-pruned')
    .where('value', '<', newest)
    .execute();
  await transaction.deleteFrom('placement_grants').where('expires_at', '<=', now).execute();
}
