import type { Insertable, Transaction } from 'kysely';
import type { NewEvent } from '../store.ts';
import { eventToRow } from './rows.ts';
import { storableText } from './storable-text.ts';
import type { GenerationTable, Tables } from './tables.ts';

const instancesAFlush = 100;
const bytesAFlush = 4 * 1024 * 1024;
const rowsAStatement = 500;

/**
 * Rows of one transaction that nothing in it reads again. They are written many to a statement: a sync of
 * 100,000 instances is otherwise mostly round trips. What other servers write too, hypervisors and the counter of
 * events, comes last and in a fixed order, so that transactions never wait for each other in a circle.
 */
export interface WriteBuffer {
  /** The tags of an instance, in place of those it has. */
  tags(instance: string, tags: readonly string[]): Promise<void>;
  generation(row: Insertable<GenerationTable>): Promise<void>;
  event(event: NewEvent): void;
  /** That a hypervisor was heard of at a time. */
  hypervisor(host: string, at: string): void;
  /** Writes what is left. Call it last, before the commit. */
  flush(): Promise<void>;
}

/** @param transaction gets the rows; what is not flushed when it ends is lost. */
export function createWriteBuffer(transaction: Transaction<Tables>): WriteBuffer {
  const tagsOf = new Map<string, ReadonlySet<string>>();
  const generations: Array<Insertable<GenerationTable>> = [];
  const events: NewEvent[] = [];
  const hypervisors = new Map<string, string>();
  let generationBytes = 0;

  return {
    async tags(instance, tags) {
      tagsOf.set(instance, new Set(tags.map(storableText)));
      if (tagsOf.size >= instancesAFlush) {
        await flushTags();
      }
    },
    async generation(row) {
      generations.push(row);
      generationBytes += row.content.length;
      if (generations.length >= instancesAFlush || generationBytes >= bytesAFlush) {
        await flushGenerations();
      }
    },
    event(event) {
      events.push(event);
    },
    hypervisor(host, at) {
      hypervisors.set(storableText(host), at);
    },
    async flush() {
      await flushTags();
      await flushGenerations();
      await flushHypervisors();
      await flushEvents();
    },
  };

  async function flushTags(): Promise<void> {
    const instances = [...tagsOf.keys()];
    const rows = [...tagsOf].flatMap(([instance, tags]) => [...tags].map((tag) => ({ instance, tag })));
    tagsOf.clear();
    if (instances.length > 0) {
      await transaction.deleteFrom('instance_tags').where('instance', 'in', instances).execute();
    }
    for (const chunk of chunks(rows)) {
      await transaction.insertInto('instance_tags').values(chunk).execute();
    }
  }

  async function flushGenerations(): Promise<void> {
    const rows = generations.splice(0);
    generationBytes = 0;
    if (rows.length > 0) {
      await transaction.insertInto('generations').values(rows).execute();
    }
  }

  async function flushHypervisors(): Promise<void> {
    for (const [host, at] of [...hypervisors].sort(([left], [right]) => (left < right ? -1 : 1))) {
      await transaction
        .insertInto('hypervisors')
        .values({ host, first_seen_at: at, last_seen_at: at })
        .onConflict((conflict) => conflict.column('host').doUpdateSet({ last_seen_at: at }))
        .execute();
    }
    hypervisors.clear();
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
    const rows = events.splice(0).map((event, index) => eventToRow(event, first + index));
    for (const chunk of chunks(rows)) {
      await transaction.insertInto('events').values(chunk).execute();
    }
  }
}

function chunks<T>(rows: readonly T[]): readonly T[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsAStatement) }, (_, index) =>
    rows.slice(index * rowsAStatement, (index + 1) * rowsAStatement),
  );
}
