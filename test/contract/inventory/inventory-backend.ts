import type { Inventory } from '../../../server/inventory/inventory.ts';

/** A machine as a CMDB may have it. */
export interface CmdbMachine {
  /** Its number in the CMDB: 1 to 9. */
  readonly number: number;
  /** UUID. */
  readonly id: string;
  readonly name: string;
}

/** A CMDB with an adapter on it. */
export interface TestCmdb {
  readonly inventory: Inventory;
  /** Adds a machine, or sets the name of the one that is there. */
  put(machine: CmdbMachine): Promise<void>;
  remove(number: number): Promise<void>;
  /** Every further reading fails on the way. */
  breakDown(): Promise<void>;
  close(): Promise<void>;
}

/** A kind of inventory that the contract holds for. */
export interface InventoryBackend {
  readonly name: string;
  open(machines: readonly CmdbMachine[]): Promise<TestCmdb>;
}
