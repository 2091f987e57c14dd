import type { Store } from '../../server/store/store.ts';

/** When a server ends: before a commit, or after it and before it knows. */
export type Death = 'before' | 'after';

/**
 * The store of a server that ends at its nth write transaction: from there on nothing of it reaches the database.
 * @param die called there; what it throws or waits for ends all that comes after
 */
export function dyingStore(store: Store, nth: number, when: Death, die: () => Promise<never>): Store {
  let count = 0;
  return {
    ...store,
    transaction: async (work) => {
      count += 1;
      if (count > nth || (count === nth && when === 'before')) return await die();
      const value = await store.transaction(work);
      if (count === nth) return await die();
      return value;
    },
  };
}
