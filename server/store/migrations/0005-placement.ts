import { type Kysely, sql } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/** Which host has each instance now, what each host has to be told, heartbeats, and what was purged. */
export const placement: Migration = {
  name: '0005-placement',
  async up(db, types) {
    await placeInstances(db, types);
    await createFeed(db, types);
    await createGrants(db, types);
    for (const column of ['heartbeat_at', 'heartbeat']) {
      await db.schema.alterTable('hypervisors').addColumn(column, types.text).execute();
    }
  },
};

async function placeInstances(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('instances').addColumn('placed_on', text).execute();
  await db.schema.alterTable('instances').addColumn('purged_at', text).execute();
  await sql`update instances set placed_on = hypervisor`.execute(db);
  // Takes the place of the index by what the CMDB says: a sync of 100,000 instances pays for every one.
  await db.schema.dropIndex('instances_by_hypervisor').execute();
  await db.schema
    .createIndex('instances_by_place')
    .on('instances')
    .columns(['placed_on', 'removed_at', 'id'])
    .execute();
  await sql`create index instances_to_purge on instances (removed_at)
    where removed_at is not null and purged_at is null`.execute(db);
}

async function createFeed(db: Kysely<unknown>, { text, largeInteger }: ColumnTypes): Promise<void> {
  // Beside the instances and not in them: a change of the drive then rewrites a short row, not the whole one.
  await db.schema
    .createTable('instance_changes')
    .addColumn('instance', text, (column) => column.primaryKey())
    .addColumn('change', largeInteger, (column) => column.notNull())
    .addColumn('at', text, (column) => column.notNull())
    .execute();
  await sql`insert into instance_changes (instance, change, at)
    select id, 0, coalesce(removed_at, first_seen_at) from instances`.execute(db);
  await db.schema
    .createTable('host_changes')
    .addColumn('host', text, (column) => column.primaryKey())
    .addColumn('change', largeInteger, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('departures')
    .addColumn('host', text, (column) => column.notNull())
    .addColumn('instance', text, (column) => column.notNull())
    .addColumn('change', largeInteger, (column) => column.notNull())
    .addColumn('at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('departures_pk', ['host', 'instance'])
    .execute();
  await db.schema
    .createTable('feed_epochs')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('since', largeInteger, (column) => column.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('changes', 0), ('departures-pruned', 0)`.execute(db);
}

async function createGrants(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('placement_grants')
    .addColumn('instance', text, (column) => column.notNull())
    .addColumn('host', text, (column) => column.notNull())
    .addColumn('granted_at', text, (column) => column.notNull())
    .addColumn('expires_at', text, (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('placement_grants_pk', ['instance', 'host'])
    .execute();
}
