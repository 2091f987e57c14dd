import type { Migration } from './migration.ts';

/** What Nova put on the config drives of instances. */
export const baseDrives: Migration = {
  name: '0007-base-drives',
  async up(db, { text, bytes }) {
    await db.schema
      .createTable('base_drives')
      .addColumn('instance', text, (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('sha256', text, (column) => column.notNull())
      .addColumn('seen_at', text, (column) => column.notNull())
      .addColumn('files', bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('base_drives_pk', ['instance', 'kind'])
      .execute();
  },
};
