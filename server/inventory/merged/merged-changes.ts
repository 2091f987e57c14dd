import type { Inventory, InventoryChanges } from '../inventory.ts';
import type { MemberLocators } from './member-locators.ts';
import { idsIn, type MergedPrecedence, mergeSnapshots } from './merge-snapshots.ts';
import { type MergedCursor, writeMergedCursor } from './merged-cursor.ts';
import { readMembers } from './read-members.ts';

/**
 * What changed in any of the inventories, joined with what the others have of the same instances. Undefined where one
 * of them cannot tell.
 */
export async function readMergedChanges(
  inventories: readonly Inventory[],
  cursor: MergedCursor,
  locators: MemberLocators,
  precedence: MergedPrecedence,
  signal: AbortSignal,
): Promise<InventoryChanges | undefined> {
  const answers = await readMembers(
    inventories,
    async (inventory, bound) =>
      inventory.fetchChanges?.(cursor.members[inventories.indexOf(inventory)] ?? '', bound),
    signal,
  );
  const changes = answers.filter((answer) => answer !== undefined);
  if (changes.length < inventories.length) return undefined;

  for (const [member, change] of changes.entries()) locators.note(member, change);
  const gone = changes.flatMap(({ removed }, member) =>
    removed.map((locator) => ({ member, locator, id: locators.idOf(member, locator) })),
  );
  const touched = new Set([...changes.flatMap(idsIn), ...gone.flatMap(({ id }) => id ?? [])]);
  const snapshots = await readMembers(
    inventories,
    async (inventory, bound) => {
      const own = changes[inventories.indexOf(inventory)];
      // What it has just given need not be asked for again.
      const given = new Set(own === undefined ? [] : idsIn(own));
      const missing = [...touched].filter((id) => !given.has(id));
      const asked =
        missing.length === 0 ? { entries: [], quarantined: [] } : await inventory.fetch(missing, bound);
      return {
        inventory: inventory.name,
        snapshot: {
          entries: [...(own?.entries ?? []), ...asked.entries],
          quarantined: [...(own?.quarantined ?? []), ...asked.quarantined],
        },
      };
    },
    signal,
  );
  for (const [member, { snapshot }] of snapshots.entries()) locators.note(member, snapshot);

  const merged = mergeSnapshots(snapshots, precedence);
  const there = new Set(idsIn(merged));
  return {
    ...merged,
    // An instance is stored under the locator of the first inventory that has it: `first` never under another's.
    removed: gone
      .filter(({ member, id }) => (precedence.lists === 'any' || member === 0) && !there.has(id ?? ''))
      .map(({ locator }) => locator),
    cursor: writeMergedCursor({
      reading: cursor.reading,
      members: changes.map((change) => change.cursor),
    }),
  };
}
