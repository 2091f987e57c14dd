import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import type { Inventory, InventoryChanges, InventorySnapshot, WholeInventory } from '../inventory.ts';
import { type MemberLocators, memberLocators } from './member-locators.ts';
import { idsIn, type MergedPrecedence, mergeSnapshots, type NamedSnapshot } from './merge-snapshots.ts';
import { readMergedChanges } from './merged-changes.ts';
import { readMergedCursor, writeMergedCursor } from './merged-cursor.ts';
import { readMembers } from './read-members.ts';

/** What a merged inventory is made of. */
export interface MergedInventoryOptions {
  /** Under this name instances are stored: it must not change when inventories are added. */
  readonly name: string;
  /** In order of precedence, each with a name of its own; the first is the authoritative one. */
  readonly inventories: readonly Inventory[];
  readonly precedence: MergedPrecedence;
}

/**
 * Several inventories as one, joined by the UUID of the instance. One that fails fails the whole. An instance that one
 * of them has quarantined is quarantined: without its record, fields would quietly come from another inventory.
 * Names that are unknown or used twice fail with `configuration-invalid`.
 *
 * A whole reading of one source gives the instances that this source has, with no cursor: of others nothing is
 * known, so that they must not count as removed unless the source is the first of `lists: first`.
 *
 * Changes go on from the last whole reading of this object, whose locators it keeps; before the first they are
 * undefined.
 */
export function createMergedInventory({ name, inventories, precedence }: MergedInventoryOptions): Inventory {
  checkNames(inventories, precedence);
  const sources = [...new Set([name, ...inventories.map((inventory) => inventory.name)])];
  let last: MemberLocators | undefined;

  async function read(
    fetch: (inventory: Inventory, signal: AbortSignal) => Promise<InventorySnapshot>,
    signal: AbortSignal,
  ): Promise<InventorySnapshot> {
    return mergeSnapshots(await readMembers(inventories, named(fetch), signal), precedence);
  }

  async function readWhole(signal: AbortSignal): Promise<WholeInventory> {
    const snapshots = await readMembers(
      inventories,
      async (inventory, bound) => ({
        inventory: inventory.name,
        snapshot: await inventory.fetchAll(bound),
      }),
      signal,
    );
    const members = snapshots.flatMap(({ snapshot }) => snapshot.cursor ?? []);
    const merged = mergeSnapshots(snapshots, precedence);
    if (members.length < inventories.length) return merged;
    const locators = memberLocators(randomUUID(), inventories.length);
    for (const [member, { snapshot }] of snapshots.entries()) locators.note(member, snapshot);
    last = locators;
    return { ...merged, cursor: writeMergedCursor({ reading: locators.reading, members }) };
  }

  async function readSource(source: Inventory, signal: AbortSignal): Promise<InventorySnapshot> {
    const { entries, quarantined } = await source.fetchAll(signal);
    const ids = idsIn({ entries, quarantined });
    return await read(
      (inventory, bound) =>
        inventory === source ? Promise.resolve({ entries, quarantined }) : inventory.fetch(ids, bound),
      signal,
    );
  }

  async function fetchNamed(machine: string, signal: AbortSignal): Promise<InventorySnapshot> {
    const found = await readMembers(
      inventories,
      (member, bound) => member.fetchNamed(machine, bound),
      signal,
    );
    const ids = [...new Set(found.flatMap(idsIn))];
    // The others may know it under another name; and the name may be that of one that does not count.
    const all =
      ids.length === 0 ? undefined : await read((member, bound) => member.fetch(ids, bound), signal);
    const named = all?.entries.filter(({ record }) => record.name === machine) ?? [];
    return { entries: named, quarantined: all?.quarantined ?? [] };
  }

  async function fetchChanges(text: string, signal: AbortSignal): Promise<InventoryChanges | undefined> {
    const locators = last;
    if (locators === undefined) return undefined;
    const cursor = readMergedCursor(text, locators.reading, inventories.length);
    if (cursor === undefined) return undefined;
    return await readMergedChanges(inventories, cursor, locators, precedence, signal);
  }

  return {
    name,
    sources,
    async fetchAll(signal, source) {
      const member = inventories.find((inventory) => inventory.name === source);
      if (member !== undefined) return await readSource(member, signal);
      if (source === undefined || source === name) return await readWhole(signal);
      throw new AppError('not-found', `no inventory ${printable(source)}: use one of ${sources.join(', ')}`);
    },
    fetch: (ids, signal) => read((inventory, bound) => inventory.fetch(ids, bound), signal),
    fetchNamed,
    ...(inventories.every((inventory) => inventory.fetchChanges !== undefined) ? { fetchChanges } : {}),
  };
}

function named(
  fetch: (inventory: Inventory, signal: AbortSignal) => Promise<InventorySnapshot>,
): (inventory: Inventory, signal: AbortSignal) => Promise<NamedSnapshot> {
  return async (inventory, signal) => ({
    inventory: inventory.name,
    snapshot: await fetch(inventory, signal),
  });
}

function checkNames(inventories: readonly Inventory[], { fields }: MergedPrecedence): void {
  const names = new Set(inventories.map(({ name }) => name));
  if (names.size !== inventories.length) {
    throw new AppError(
      'configuration-invalid',
      'two inventories have the same name: give each a name of its own',
    );
  }
  for (const [field, order] of Object.entries(fields)) {
    const unknown = order.find((one) => !names.has(one));
    if (unknown !== undefined) {
      throw new AppError(
        'configuration-invalid',
        `inventoryPrecedence.fields.${field} names ${unknown}, but there is no such inventory: use ${[...names].join(', ')}`,
      );
    }
  }
}
