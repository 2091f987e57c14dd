import type { Inventory } from '../inventory.ts';

/**
 * Asks all inventories at once. The first failure ends the readings of the others, and is thrown when they have ended.
 * @returns answers in the order of the inventories
 */
export async function readMembers<T>(
  inventories: readonly Inventory[],
  read: (inventory: Inventory, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const failed = new AbortController();
  const bound = AbortSignal.any([signal, failed.signal]);
  const readings = inventories.map(async (inventory) => {
    try {
      return await read(inventory, bound);
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  try {
    return await Promise.all(readings);
  } finally {
    await Promise.allSettled(readings);
  }
}
