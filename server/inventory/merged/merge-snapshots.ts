import type { InventorySnapshot, QuarantinedRecord } from '../inventory.ts';
import { type FieldPrecedence, mergeRecords, type NamedEntry } from './merge-records.ts';

/** How inventories are joined. */
export interface MergedPrecedence {
  /** `first`: an instance is what the first inventory lists; `any`: what one of them lists. */
  readonly lists: 'first' | 'any';
  /** Inventories to ask first, by field; the others follow in their order. */
  readonly fields: FieldPrecedence;
}

/** What one inventory gave. */
export interface NamedSnapshot {
  readonly inventory: string;
  readonly snapshot: InventorySnapshot;
}

/**
 * Joins what all inventories gave, by the UUID of the instance.
 * @param snapshots one of each inventory, in order of configuration
 */
export function mergeSnapshots(
  snapshots: readonly NamedSnapshot[],
  precedence: MergedPrecedence,
): InventorySnapshot {
  const listed = new Set(
    (precedence.lists === 'first' ? snapshots.slice(0, 1) : snapshots).flatMap(({ snapshot }) =>
      idsIn(snapshot),
    ),
  );
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

/** UUIDs of all records, good or not, as far as they have one; perhaps twice. */
export function idsIn({ entries, quarantined }: InventorySnapshot): readonly string[] {
  return [...entries.map(({ record }) => record.id), ...quarantined.flatMap(({ id }) => id ?? [])];
}

function noteRefused(refused: Map<string, QuarantinedRecord>, id: string, record: QuarantinedRecord): void {
  const known = refused.get(id);
  refused.set(
    id,
    known === undefined ? record : { ...known, problems: [...known.problems, ...record.problems] },
  );
}
