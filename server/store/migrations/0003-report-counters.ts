import type { Migration } from './migration.ts';

/** How many reports guests sent with the one-time tokens of each generation. */
export const reportCounters: Migration = {
  name: '0003-report-counters',
  async up(db, { text }) {
    await db.schema
      .createTable('report_counters')
      .addColumn('instance', text, (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('accepted', 'integer', (column) => column.notNull())
      .addColumn('last_sha256', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('report_counters_pk', ['instance', 'generation'])
      .execute();
  },
};
