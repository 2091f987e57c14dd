import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, Transaction } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import type { StorageErrorMaker } from './storage-error.ts';
import type { Tables } from './tables.ts';

/** Write transactions of one store, one after the other. */
export interface WriteQueue {
  /**
   * Runs `work` in a write transaction once those before it have ended; commits, or rolls back if it throws.
   * What `work` throws passes as it is; what beginning and committing throw becomes `storage-failed`.
   * @param doing what is done, for messages: `Saving a token`
   */
  transact<T>(doing: string, work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Resolves when the transactions that were asked for so far have ended. */
  drained(): Promise<void>;
}

/** @param writer gives transactions that hold the write lock from their start where the database has only one. */
export function createWriteQueue(writer: Kysely<Tables>, storageError: StorageErrorMaker): WriteQueue {
  // Tells a transaction asked for inside another one, which would wait for itself for ever.
  const surrounding = new AsyncLocalStorage<{ open: boolean }>();
  let last: Promise<unknown> = Promise.resolve();

  return {
    async transact(doing, work) {
      if (surrounding.getStore()?.open === true) {
        throw new AppError(
          'internal',
          `${doing} asked for a transaction inside another one: use the transaction that is open`,
        );
      }
      const turn = last.then(() => runTransaction(doing, work));
      last = turn.catch(() => undefined);
      return turn;
    },
    async drained() {
      await last;
    },
  };

  async function runTransaction<T>(
    doing: string,
    work: (transaction: Transaction<Tables>) => Promise<T>,
  ): Promise<T> {
    const state = { open: true };
    let thrown: { readonly error: unknown } | undefined;
    try {
      return await writer.transaction().execute((transaction) =>
        surrounding.run(state, async () => {
          try {
            return await work(transaction);
          } catch (error) {
            thrown = { error };
            throw error;
          }
        }),
      );
    } catch (error) {
      // The work's own error, also where rolling back failed after it: that comes of the same cause.
      throw thrown === undefined ? storageError(doing, error) : thrown.error;
    } finally {
      state.open = false;
    }
  }
}
