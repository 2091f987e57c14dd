import type { RecordChange } from '../../inventory.ts';
import type { AddressRow, InterfaceRow, MachineRow } from '../rows/rows.ts';
import type { ScopedValues } from '../rows/scoped-values.ts';

/** All that was read of some machines. */
export interface NetboxReading {
  readonly machines: Iterable<MachineRow>;
  readonly interfaces: Iterable<InterfaceRow>;
  readonly addresses: Iterable<AddressRow>;
  /** What prefixes say, by network. */
  readonly prefixes: ReadonlyMap<string, ScopedValues>;
  /** Who created a machine, by its id in NetBox. */
  readonly creators: ReadonlyMap<number, string>;
  /** The newest change of a machine or its parts that the change log has, by the machine's id. */
  readonly changes: ReadonlyMap<number, RecordChange>;
}

/** An address that the guest gets as it stands. */
export interface StaticAddress extends AddressRow {
  readonly cidr: string;
}

/** An interface of a machine, and what it has that is of use. */
export interface Port {
  readonly port: InterfaceRow;
  /** The primary address first, then by id. */
  readonly addresses: readonly AddressRow[];
}

/** Where a machine's default routes leave it. */
export interface DefaultRoutes {
  readonly port4: InterfaceRow | undefined;
  readonly port6: InterfaceRow | undefined;
}
