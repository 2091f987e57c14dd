import { type Kysely, sql } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/** When the newest generation of an instance is to be followed by one of the same content. */
export const driveRenewal: Migration = {
  name: '0004-drive-renewal',
  async up(db: Kysely<unknown>, { text }: ColumnTypes) {
    await db.schema.alterTable('instances').addColumn('renew_at', text).execute();
    const limited = await sql<LimitedGeneration>`select instances.id, generations.created_at, generations.own
      from instances join generations on generations.instance = instances.id and generations.number = instances.newest
      where generations.own like '%"driveDays":%'`.execute(db);
    for (const { id, created_at, own } of limited.rows) {
      const { driveDays } = JSON.parse(own) as { readonly driveDays?: number };
      if (driveDays === undefined) continue;
      const renewAt = new Date(Date.parse(created_at) + (driveDays / 2) * 86_400_000).toISOString();
      await sql`update instances set renew_at = ${renewAt} where id = ${id}`.execute(db);
    }
  },
};

interface LimitedGeneration {
  readonly id: string;
  readonly created_at: string;
  /** JSON. */
  readonly own: string;
}
