import { AppError } from '../../domain/errors.ts';
import type { Inventory, InventorySnapshot, QuarantinedRecord } from '../inventory.ts';
import { type FieldPrecedence, mergeRecords, type NamedEntry } from './merge-records.ts';

/** How inventories are joined. */
export interface MergedPrecedence {
  /** `first`: an instance is what the first inventory lists; `any`: what one of them lists. */
  readonly lists: 'first' | 'any';
  /** Inventories to ask first, by field; the others follow in their order. */
  readonly fields: FieldPrecedence;
}

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
 */
export function createMergedInventory({ name, inventories, precedence }: MergedInventoryOptions): Inventory {
  checkNames(inventories, precedence);

  async function read(
    fetch: (inventory: Inventory, signal: AbortSignal) => Promise<InventorySnapshot>,
    signal: AbortSignal,
  ): Promise<InventorySnapshot> {
    const failed = new AbortController();
    const bound = AbortSignal.any([signal, failed.signal]);
    const readings = inventories.map(async (inventory) => {
      try {
        return { inventory: inventory.name, snapshot: await fetch(inventory, bound) };
      } catch (error) {
        // The others need not be read to their end.
        failed.abort();
        throw error;
      }
    });
    try {
      return merge(await Promise.all(readings), precedence);
    } finally {
      await Promise.allSettled(readings);
    }
  }

  return {
    name,
    sources: inventories.map((inventory) => inventory.name),
    fetchNamed: (machine, signal) => read((inventory, bound) => inventory.fetchNamed(machine, bound), signal),
    fetchAll: (signal) => read((inventory, bound) => inventory.fetchAll(bound), signal),
    fetch: (ids, signal) => read((inventory, bound) => inventory.fetch(ids, bound), signal),
  };
}

interface NamedSnapshot {
  readonly inventory: string;
  readonly snapshot: InventorySnapshot;
}

function merge(snapshots: readonly NamedSnapshot[], precedence: MergedPrecedence): InventorySnapshot {
  const listed = idsOf(precedence.lists === 'first' ? snapshots.slice(0, 1) : snapshots);
  const refused = new Map<string, QuarantinedRecord>();
  const quarantined: QuarantinedRecord[] = [];
  for (const { snapshot } of snapshots) {
    for (const record of snapshot.quarantined) {
      if (record.id === undefined) quarantined.push(record);
      else if (listed.has(record.id)) noteRefused(refused, record.id, record);
    }
  }
  const found = new Map<string, [NamedEntry, ...NamedEntry[]]>();
  for (const { inventory, snapshot } of snapshots) {
    for (const entry of snapshot.entries) {
      const { id } = entry.record;
      if (!listed.has(id) || refused.has(id)) continue;
      const known = found.get(id);
      if (known === undefined) found.set(id, [{ inventory, entry }]);
      else known.push({ inventory, entry });
    }
  }
  // Each field is whole and was checked with its record, and what a record must have stands in every one of them.
  const entries = [...found.values()].map((named) => mergeRecords(named, precedence.fields));
  return { entries, quarantined: [...refused.values(), ...quarantined] };
}

function idsOf(snapshots: readonly NamedSnapshot[]): ReadonlySet<string> {
  return new Set(
    snapshots.flatMap(({ snapshot }) => [
      ...snapshot.entries.map(({ record }) => record.id),
      ...snapshot.quarantined.flatMap(({ id }) => (id === undefined ? [] : [id])),
    ]),
  );
}

function noteRefused(refused: Map<string, QuarantinedRecord>, id: string, record: QuarantinedRecord): void {
  const known = refused.get(id);
  refused.set(
    id,
    known === undefined ? record : { ...known, problems: [...known.problems, ...record.problems] },
  );
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
