import type { Transaction } from 'kysely';
import type { JoiningWrites } from '../../ports/joining.ts';
import type { StoreTransaction } from '../../store.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';
import { tokenFromRow, tokenToRow } from '../token-rows.ts';

/** Runs one step of a transaction, so that what fails in it is named and fails the whole. */
export type TransactionStep = <T>(doing: string, work: () => Promise<T>) => Promise<T>;

/** Everything that a transaction writes of tokens. */
type TokenWrites = JoiningWrites & Pick<StoreTransaction, 'saveToken' | 'revokeToken'>;

/** {@link TokenWrites} over an open transaction. */
export function tokenWrites(
  transaction: Transaction<Tables>,
  dialect: StoreDialect,
  step: TransactionStep,
): TokenWrites {
  return {
    saveToken: (token) =>
      step(`Saving token ${token.id}`, async () => {
        const { id, ...values } = tokenToRow(token);
        await transaction
          .insertInto('tokens')
          .values({ id, ...values })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
          .execute();
      }),

    revokeToken: (id, at) =>
      step(`Revoking token ${id}`, async () => {
        const { numUpdatedRows } = await transaction
          .updateTable('tokens')
          // A token keeps the time at which it was first revoked.
          .set((expression) => ({ revoked_at: expression.fn.coalesce('revoked_at', expression.val(at)) }))
          .where('id', '=', id)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

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
