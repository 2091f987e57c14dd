import { type Kysely, sql } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/** Instances, generations, reports, events, sync runs, hypervisors, tokens and locks. */
export const initialState: Migration = {
  name: '0001-initial-state',
  async up(db, types) {
    await createInstances(db, types);
    await createGenerations(db, types);
    await createReports(db, types);
    await createEvents(db, types);
    await createRunsAndAccess(db, types);
  },
};

async function createInstances(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('instances')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('project', text)
    .addColumn('site', text)
    .addColumn('owner', text)
    .addColumn('os_family', text, (column) => column.notNull())
    .addColumn('hypervisor', text)
    .addColumn('inventory', text, (column) => column.notNull())
    .addColumn('locator', text, (column) => column.notNull())
    .addColumn('first_seen_at', text, (column) => column.notNull())
    .addColumn('removed_at', text)
    .addColumn('newest', 'integer')
    .addColumn('newest_content_sha256', text)
    .addColumn('attached', 'integer')
    .addColumn('attached_as_of', text)
    .addColumn('applied', 'integer')
    .addColumn('applied_as_of', text)
    .addColumn('reports', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('quarantine', text, (column) => column.notNull())
    .addColumn('random_seed', text, (column) => column.notNull())
    .addColumn('record', text, (column) => column.notNull())
    .execute();
  // Ending in the id, each gives a page of a selection in order of id without sorting.
  for (const column of ['name', 'project', 'site', 'owner', 'os_family']) {
    await db.schema.createIndex(`instances_by_${column}`).on('instances').columns([column, 'id']).execute();
  }
  await db.schema
    .createIndex('instances_by_hypervisor')
    .on('instances')
    .columns(['hypervisor', 'removed_at', 'id'])
    .execute();
  // Covers the one query of an unchanged re-sync, so that the records themselves are not read.
  await db.schema
    .createIndex('instances_by_content')
    .on('instances')
    .columns(['id', 'newest_content_sha256'])
    .execute();

  await db.schema
    .createTable('instance_tags')
    .addColumn('instance', text, (column) => column.notNull().references('instances.id'))
    .addColumn('tag', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('instance_tags_pk', ['instance', 'tag'])
    .execute();
  await db.schema
    .createIndex('instance_tags_by_tag')
    .on('instance_tags')
    .columns(['tag', 'instance'])
    .execute();
}

async function createGenerations(db: Kysely<unknown>, { text, bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('generations')
    .addColumn('instance', text, (column) => column.notNull().references('instances.id'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('content_sha256', text, (column) => column.notNull())
    .addColumn('content', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('generations_pk', ['instance', 'number'])
    .execute();
}

async function createReports(db: Kysely<unknown>, { text, bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('reports')
    .addColumn('instance', text, (column) => column.notNull().references('instances.id'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('received_at', text, (column) => column.notNull())
    .addColumn('body', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('reports_pk', ['instance', 'number'])
    .execute();
}

async function createEvents(db: Kysely<unknown>, { text, largeInteger }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('id', largeInteger, (column) => column.primaryKey())
    .addColumn('at', text, (column) => column.notNull())
    .addColumn('at_sortable', text, (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    // Not a foreign key: the trail also tells of instances that never came to be.
    .addColumn('instance', text)
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('details', text, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('events_by_instance').on('events').columns(['instance', 'id']).execute();
  await db.schema.createIndex('events_by_time').on('events').columns(['at_sortable', 'id']).execute();

  await db.schema
    .createTable('counters')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', largeInteger, (column) => column.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('events', 0)`.execute(db);
}

async function createRunsAndAccess(
  db: Kysely<unknown>,
  { text, bytes, largeInteger }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('sync_runs')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('started_sortable', text, (column) => column.notNull())
    .addColumn('body', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('sync_runs_by_start')
    .on('sync_runs')
    .columns(['started_sortable', 'id'])
    .execute();

  await db.schema
    .createTable('hypervisors')
    .addColumn('host', text, (column) => column.primaryKey())
    .addColumn('first_seen_at', text, (column) => column.notNull())
    .addColumn('last_seen_at', text, (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('tokens')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('hypervisor', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('expires_at', text)
    .addColumn('revoked_at', text)
    .addColumn('secret_sha256', text, (column) => column.notNull().unique())
    .execute();

  await db.schema
    .createTable('locks')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('owner', text, (column) => column.notNull())
    .addColumn('expires_at', largeInteger, (column) => column.notNull())
    .execute();
}
