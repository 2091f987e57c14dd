import type { StoredToken } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { endReplaced } from './host-credentials.ts';

/** Ends credentials that were rotated out. */
export interface CredentialUse {
  /** Notes that a token came with a request. Waits for nothing and never fails: the request is good without it. */
  note(token: StoredToken): void;
}

/** Creates it over a store. */
export function createCredentialUse({
  store,
  clock,
  log,
}: Pick<AppPorts, 'store' | 'clock' | 'log'>): CredentialUse {
  const underWay = new Set<string>();
  return {
    note({ id, replaces }) {
      if (replaces === null || underWay.has(id)) return;
      underWay.add(id);
      store
        .transaction(async (transaction) => {
          const token = await transaction.lockedToken(id);
          if (token === undefined || token.replaces === null) return;
          await endReplaced(transaction, token, clock.now());
          await transaction.saveToken({ ...token, replaces: null });
        })
        .catch((error: unknown) => {
          log.warn({ err: error, token: id }, 'the credential that this one replaces could not be ended');
        })
        .finally(() => underWay.delete(id));
    },
  };
}
