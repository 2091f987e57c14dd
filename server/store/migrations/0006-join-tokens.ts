import type { Migration } from './migration.ts';

/** Tokens with which a host joins once, and credentials of hosts that replace each other. */
export const joinTokens: Migration = {
  name: '0006-join-tokens',
  async up(db, { text }) {
    await db.schema.alterTable('tokens').addColumn('used_at', text).execute();
    await db.schema.alterTable('tokens').addColumn('credential_sha256', text).execute();
    await db.schema.alterTable('tokens').addColumn('replaces', text).execute();
    await db.schema.createIndex('tokens_by_replaced').on('tokens').column('replaces').execute();
  },
};
