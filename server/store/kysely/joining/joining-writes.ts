import type { Transaction } from 'kysely';
import type { JoiningWrites } from '../../ports/joining.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';
import { tokenFromRow } from '../token-rows.ts';

/** Runs one step of a transaction, so that what fails in it is named and fails the whole. */
export type TransactionStep = <T>(doing: string, work: () => Promise<T>) => Promise<T>;

/** {@link JoiningWrites} over an open transaction. */
export function joiningWrites(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  step: TransactionStep,
): JoiningWrites {
  return {
    lockedToken: (id) =>
      step(`Reading token ${id}`, async () => {
        const row = await transaction
          .selectFrom('tokens')
          .selectAll()
          .where('id', '=', id)
          .$if(dialect.locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        return row && tokenFromRow(row);
      }),

    useJoinToken: (id, credentialSha256, at) =>
      step(`Using join token ${id}`, async () => {
        const { numUpdatedRows } = await transaction
          .updateTable('tokens')
          .set({ used_at: at, credential_sha256: credentialSha256 })
          .where('id', '=', id)
          .where('role', '=', 'join')
          .where('used_at', 'is', null)
          .where('revoked_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    pendingReplacement: (id) =>
      step(`Looking up what replaces token ${id}`, async () => {
        const row = await transaction
          .selectFrom('tokens')
          .selectAll()
          .where('replaces', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst();
        return row && tokenFromRow(row);
      }),
  };
}
