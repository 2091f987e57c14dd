import { type Kysely, sql } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/**
 * Replays, and what drives of a generation had beside its guest configuration: until now only the present record told,
 * so that it is the best that is known of the generations before.
 */
export const replays: Migration = {
  name: '0009-replays',
  async up(db: Kysely<unknown>, { text }: ColumnTypes) {
    await db.schema
      .createTable('replays')
      .addColumn('instance', text, (column) => column.primaryKey())
      .addColumn('until', text)
      .addColumn('body', text, (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('drive_facts')
      .addColumn('instance', text, (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('body', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('drive_facts_pk', ['instance', 'generation'])
      .execute();
    await db.schema
      .alterTable('report_counters')
      .addColumn('first', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await noteFacts(db);
  },
};

interface RecordRow {
  readonly instance: string;
  readonly record: string;
}

const pageSize = 1000;

async function noteFacts(db: Kysely<unknown>): Promise<void> {
  let page = await recordsAfter(db, '');
  while (page.length > 0) {
    for (const { instance, record } of page) {
      const { availabilityZone, userData } = JSON.parse(record) as Readonly<Record<string, string>>;
      if (availabilityZone === undefined && userData === undefined) continue;
      const body = JSON.stringify({ availabilityZone, userData });
      await sql`insert into drive_facts (instance, generation, body) values (${instance}, 1, ${body})`.execute(
        db,
      );
    }
    page = await recordsAfter(db, page.at(-1)?.instance ?? '');
  }
}

async function recordsAfter(db: Kysely<unknown>, instance: string): Promise<readonly RecordRow[]> {
  const page = await sql<RecordRow>`select instance, record from instance_records
    join instances on instances.id = instance_records.instance
    where instances.newest is not null and instance > ${instance} order by instance limit ${pageSize}`.execute(
    db,
  );
  return page.rows;
}
