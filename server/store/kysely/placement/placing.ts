import type { Kysely, Transaction } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { MigrationGrant } from '../../ports/placement.ts';
import { storableText } from '../encoding/storable-text.ts';
import { unknownInstance } from '../generations/append-generations.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';
import type { DriveChanges } from './drive-changes.ts';

/** Puts an instance on a host, as `PlacementWrites.place` says. */
export async function place(
  transaction: Transaction<Tables>,
  { dialect, changes }: { readonly dialect: StoreDialect; readonly changes: DriveChanges },
  id: InstanceId,
  host: string,
): Promise<string | null> {
  const row = await transaction
    .selectFrom('instances')
    .select('placed_on')
    .where('id', '=', id)
    .$if(dialect.locksRows, (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
  if (row === undefined) throw unknownInstance(id);
  await transaction
    .deleteFrom('placement_grants')
    .where('instance', '=', id)
    .where('host', '=', host)
    .execute();
  const { placed_on: before } = row;
  if (before === host) return before;
  await transaction.updateTable('instances').set({ placed_on: host }).where('id', '=', id).execute();
  changes.changed(id);
  if (before !== null) changes.departed(id, before);
  return before;
}

/** Gives a grant, in place of one of the same instance and host. */
export async function saveGrant(transaction: Transaction<Tables>, grant: MigrationGrant): Promise<void> {
  const values = {
    granted_at: grant.grantedAt,
    expires_at: grant.expiresAt,
    actor: storableText(grant.actor),
    reason: storableText(grant.reason),
  };
  await transaction
    .insertInto('placement_grants')
    .values({ instance: grant.instance, host: grant.host, ...values })
    .onConflict((conflict) => conflict.columns(['instance', 'host']).doUpdateSet(values))
    .execute();
}

/** Grants of an instance that have not expired, in order of host. */
export async function listGrants(
  reader: Kysely<Tables>,
  id: InstanceId,
  now: string,
): Promise<readonly MigrationGrant[]> {
  const rows = await reader
    .selectFrom('placement_grants')
    .selectAll()
    .where('instance', '=', id)
    .where('expires_at', '>', now)
    .orderBy('host')
    .execute();
  return rows.map((row) => ({
    instance: id,
    host: row.host,
    grantedAt: row.granted_at,
    expiresAt: row.expires_at,
    actor: row.actor,
    reason: row.reason,
  }));
}
