import type { Kysely } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/** What failed last on each instance, what is held back of it, what runs made, and changes in stages. */
export const rollouts: Migration = {
  name: '0008-rollouts',
  async up(db, types) {
    await addFailures(db, types);
    await createHolds(db, types);
    await createRunTargets(db, types);
    await createRollouts(db, types);
  },
};

async function addFailures(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('instances').addColumn('failed', 'integer').execute();
  await db.schema.alterTable('instances').addColumn('failed_as_of', text).execute();
  await db.schema.alterTable('instances').addColumn('failed_reason', text).execute();
}

async function createHolds(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('holds')
    .addColumn('instance', text, (column) => column.primaryKey())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('held_by', text, (column) => column.notNull())
    .addColumn('rollout', text)
    .addColumn('body', text, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('holds_by_rollout').on('holds').column('rollout').execute();
}

async function createRunTargets(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('run_targets')
    .addColumn('run', text, (column) => column.notNull())
    .addColumn('instance', text, (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('noted_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('run_targets_pk', ['run', 'instance'])
    .execute();
  await db.schema.createIndex('run_targets_by_time').on('run_targets').column('noted_at').execute();
}

async function createRollouts(db: Kysely<unknown>, { text, bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('rollouts')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('created_sortable', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('body', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('rollouts_by_time')
    .on('rollouts')
    .columns(['created_sortable', 'id'])
    .execute();
  await db.schema
    .createTable('rollout_instances')
    .addColumn('rollout', text, (column) => column.notNull().references('rollouts.id'))
    .addColumn('instance', text, (column) => column.notNull())
    .addColumn('place', 'integer', (column) => column.notNull())
    .addColumn('stage', 'integer', (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('previous', 'integer', (column) => column.notNull())
    .addColumn('generation', 'integer')
    .addColumn('since', text, (column) => column.notNull())
    .addColumn('reason', text)
    .addPrimaryKeyConstraint('rollout_instances_pk', ['rollout', 'instance'])
    .execute();
  await db.schema
    .createIndex('rollout_instances_by_state')
    .on('rollout_instances')
    .columns(['rollout', 'state', 'stage'])
    .execute();
  await db.schema
    .createIndex('rollout_instances_by_place')
    .on('rollout_instances')
    .columns(['rollout', 'place'])
    .execute();
}
