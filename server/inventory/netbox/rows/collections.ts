import type { Row } from './client/pager.ts';
import type { Query } from './client/query.ts';
import { type NetboxMapping, usesConfigContext } from './mapping.ts';
import {
  type AddressRow,
  addressRow,
  type InterfaceRow,
  interfaceRow,
  type MachineRow,
  machineRow,
  type PrefixRow,
  prefixRow,
} from './rows.ts';

/** A list of NetBox, and what is kept of its rows. */
export interface Collection<T> {
  readonly path: string;
  readonly query: Query;
  /** Undefined for a row that is of no use. */
  readonly keep: (row: Row) => T | undefined;
}

/** The lists that instances are made from. */
export interface Collections {
  readonly machines: Collection<MachineRow>;
  readonly interfaces: Collection<InterfaceRow>;
  readonly addresses: Collection<AddressRow>;
  readonly prefixes: Collection<PrefixRow>;
}

/** @param filter of the virtual machines, as parameters of NetBox's list */
export function createCollections(mapping: NetboxMapping, filter: Query): Collections {
  return {
    machines: {
      path: 'virtualization/virtual-machines/',
      query: [...filter, ...(usesConfigContext(mapping) ? [] : [['exclude', 'config_context'] as const])],
      keep: (row) => machineRow(row, mapping),
    },
    interfaces: {
      path: 'virtualization/interfaces/',
      query: [],
      keep: (row) => interfaceRow(row, mapping),
    },
    addresses: {
      path: 'ipam/ip-addresses/',
      // Those of devices come too: not every version filters by the type of what an address is assigned to.
      query: [['assigned_to_interface', 'true']],
      keep: (row) => addressRow(row, mapping),
    },
    prefixes: { path: 'ipam/prefixes/', query: [], keep: (row) => prefixRow(row, mapping) },
  };
}

/** The list of who created which machine. */
export const creationsPath = 'core/object-changes/';

/** Filter of that list. */
export const creationsQuery: Query = [
  ['changed_object_type', 'virtualization.virtualmachine'],
  ['action', 'create'],
];
