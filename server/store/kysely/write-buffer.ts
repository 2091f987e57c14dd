import type { Transaction } from 'kysely';
import type { GuestPart, GuestParts, IdentityPart } from '../../domain/compose/composition.ts';
import type { NewEvent } from '../store.ts';
import { insertStatement, writeRows } from './bulk-write.ts';
import { sortableTime } from './encoding/sortable-time.ts';
import { storableText } from './encoding/storable-text.ts';
import { writeParts } from './generations/write-parts.ts';
import type { DriveChanges } from './placement/drive-changes.ts';
import type { StoreDialect } from './store-dialect.ts';
import type { Tables } from './tables.ts';

/**
 * Rows of one transaction that nothing in it reads again, and that other servers write too: parts, hypervisors and the
 * counters of changes and of events. They come last and in a fixed order, so that transactions never wait for each other in a circle,
 * and not for long.
 */
export interface WriteBuffer {
  parts(parts: GuestParts): void;
  events(events: readonly NewEvent[]): void;
  /** That a hypervisor was heard of at a time. */
  hypervisor(host: string, at: string): void;
  /** Writes what is there. Call it last, before the commit. */
  flush(): Promise<void>;
}

const insertEvents = insertStatement('events', {
  id: 'bigint',
  at: 'text',
  at_sortable: 'text',
  actor: 'text',
  action: 'text',
  instance: 'text',
  reason: 'text',
  details: 'text',
});

/** @param transaction gets the rows; what is not flushed when it ends is lost. */
export function createWriteBuffer(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  changes: Pick<DriveChanges, 'flush'>,
): WriteBuffer {
  const identities = new Map<string, IdentityPart>();
  const parts = new Map<string, GuestPart<unknown>>();
  const events: NewEvent[] = [];
  const hypervisors = new Map<string, string>();

  return {
    parts({ identity, sudo, payload }) {
      identities.set(identity.key, identity);
      for (const part of [sudo, payload]) parts.set(part.key, part);
    },
    events(added) {
      for (const event of added) events.push(event);
    },
    hypervisor(host, at) {
      hypervisors.set(storableText(host), at);
    },
    async flush() {
      await writeParts(transaction, identities, parts);
      await flushHypervisors();
      await changes.flush();
      await flushEvents();
    },
  };

  async function flushHypervisors(): Promise<void> {
    for (const [host, at] of [...hypervisors].sort(([left], [right]) => (left < right ? -1 : 1))) {
      await transaction
        .insertInto('hypervisors')
        .values({ host, first_seen_at: at, last_seen_at: at })
        .onConflict((conflict) => conflict.column('host').doUpdateSet({ last_seen_at: at }))
        .execute();
    }
  }

  // Ids come from a counter whose row stays locked until the commit, not from a sequence: events then become
  // visible in order of their ids, and who reads on after an id misses none.
  async function flushEvents(): Promise<void> {
    if (events.length === 0) {
      return;
    }
    const { value } = await transaction
      .updateTable('counters')
      .set((expression) => ({ value: expression('value', '+', events.length) }))
      .where('name', '=', 'events')
      .returning('value')
      .executeTakeFirstOrThrow();
    const first = value - events.length + 1;
    const rows = events.map((event, index) => eventRow(event, first + index));
    await writeRows(transaction, dialect, insertEvents, rows);
  }
}

function eventRow(event: NewEvent, id: number) {
  return [
    id,
    event.at,
    sortableTime(event.at),
    storableText(event.actor),
    storableText(event.action),
    event.instance,
    storableText(event.reason),
    JSON.stringify(event.details),
  ];
}
