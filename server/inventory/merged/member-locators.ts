import type { InventorySnapshot } from '../inventory.ts';

/**
 * UUIDs by locator, for each of several inventories. An inventory names what is gone by its locator alone, and a record
 * that is gone from one of them may live on in another.
 */
export interface MemberLocators {
  /** Which whole reading this goes on from. */
  readonly reading: string;
  /** Locators of the records are those of this inventory, by its position. */
  note(member: number, snapshot: InventorySnapshot): void;
  idOf(member: number, locator: string): string | undefined;
}

/** Forgets nothing until the next whole reading: what is gone may be told again. */
export function memberLocators(reading: string, count: number): MemberLocators {
  const members = Array.from({ length: count }, () => new Map<string, string>());
  return {
    reading,
    note(member, { entries, quarantined }) {
      const known = members[member];
      for (const { record, locator } of entries) known?.set(locator, record.id);
      for (const { id, locator } of quarantined) if (id !== undefined) known?.set(locator, id);
    },
    idOf: (member, locator) => members[member]?.get(locator),
  };
}
