import type { RecordProblem } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';

/** One validated record, and where in the CMDB it stands. */
export interface InventoryEntry {
  readonly record: InstanceRecord;
  /** The record in the CMDB's own words: `instances.csv line 3`, or a URL. */
  readonly locator: string;
  /** Fields that come from somewhere else, where several inventories were joined. */
  readonly origins?: FieldOrigins;
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

/** A whole reading of an inventory. */
export interface InventorySnapshot {
  readonly entries: readonly InventoryEntry[];
  readonly quarantined: readonly QuarantinedRecord[];
}

/**
 * A CMDB adapter. Every record it returns is valid against `schemas/v1/instance-record.json`; two records
 * with the same UUID are both quarantined.
 */
export interface Inventory {
  /** Name from the configuration, for events and explain. */
  readonly name: string;
  /** All instances. Fails with `inventory-unavailable` rather than return a part. */
  fetchAll(signal: AbortSignal): Promise<InventorySnapshot>;
  /** The records of just these instances; those it does not have are missing from the answer. */
  fetch(ids: readonly string[], signal: AbortSignal): Promise<InventorySnapshot>;
}
