import type { RecordProblem } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';

/** One validated record, and where in the CMDB it stands. */
export interface InventoryEntry {
  readonly record: InstanceRecord;
  /** The record in the CMDB's own words: `instances.csv line 3`, or a URL. */
  readonly locator: string;
  /** Fields that come from somewhere else, where several inventories were joined. */
  readonly origins?: FieldOrigins;
  /** The newest change of the record, where the CMDB tells. */
  readonly lastChange?: RecordChange;
}

/** Who changed a record and when. */
export interface RecordChange {
  /** The CMDB's name of the user; undefined where it tells the time only. */
  readonly by?: string;
  /** RFC 3339 in UTC. */
  readonly at: string;
}

/** Inventory and record of single fields of an instance record, by the field's name. */
export type FieldOrigins = ReadonlyMap<string, { readonly inventory: string; readonly locator: string }>;

/** A record that was refused. It keeps its last good generation. */
export interface QuarantinedRecord {
  /** UUID of the instance, where the record has a valid one. */
  readonly id: string | undefined;
  readonly locator: string;
  readonly problems: readonly RecordProblem[];
}

/** Records as they were read together. */
export interface InventorySnapshot {
  readonly entries: readonly InventoryEntry[];
  readonly quarantined: readonly QuarantinedRecord[];
}

/** A whole reading of an inventory. */
export interface WholeInventory extends InventorySnapshot {
  /** Where `fetchChanges` goes on from; absent where the CMDB cannot tell what changed. */
  readonly cursor?: string;
}

/** What changed since a cursor, as far as the CMDB tells: a whole reading now and then finds the rest. */
export interface InventoryChanges extends InventorySnapshot {
  /** Locators of records that are gone. Ones that the asker does not know are fine. */
  readonly removed: readonly string[];
  /** Where the next reading goes on from. Windows overlap: a record may come twice, none is missed. */
  readonly cursor: string;
}

/**
 * A CMDB adapter. Every record it returns is valid against `schemas/v1/instance-record.json`; two records
 * with the same UUID are both quarantined. Everything fails with `inventory-unavailable` rather than return a part.
 */
export interface Inventory {
  /** Name from the configuration, for events and explain. */
  readonly name: string;
  /** Names that `sync --source` may give: its own, and those of the inventories that it joins. */
  readonly sources: readonly string[];
  /** All instances. @param source one of `sources`: only this one is read anew; all if undefined. */
  fetchAll(signal: AbortSignal, source?: string): Promise<WholeInventory>;
  /** The records of just these instances; those it does not have are missing from the answer. */
  fetch(ids: readonly string[], signal: AbortSignal): Promise<InventorySnapshot>;
  /** The records of just this name, by which a hypervisor may ask for an instance that is new. */
  fetchNamed(name: string, signal: AbortSignal): Promise<InventorySnapshot>;
  /**
   * What changed since the cursor that an earlier reading gave. Undefined if it must be read whole: the cursor is not
   * of this configuration, too old, or the CMDB cannot tell any more. Absent where it never can.
   */
  fetchChanges?(cursor: string, signal: AbortSignal): Promise<InventoryChanges | undefined>;
}
