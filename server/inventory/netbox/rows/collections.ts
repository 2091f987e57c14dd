import type { Row } from '../client/pager.ts';
import type { Query } from '../client/query.ts';
import { fieldsOf, type NetboxMapping, usesConfigContext } from '../mapping.ts';
import {
  type AddressRow,
  addressReader,
  type InterfaceRow,
  interfaceReader,
  type MachineRow,
  machineReader,
  type PrefixRow,
  prefixReader,
} from './rows.ts';

/** A list of NetBox, and what is kept of its rows. */
export interface Collection<T> {
  readonly path: string;
  /** Which rows. */
  readonly filter: Query;
  /** What of each row is asked for: to leave out the rest makes an answer several times shorter. */
  readonly fields: Query;
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

/** Where the lists stand below `/api/`. */
export const listPaths = {
  machines: 'virtualization/virtual-machines/',
  interfaces: 'virtualization/interfaces/',
  addresses: 'ipam/ip-addresses/',
  prefixes: 'ipam/prefixes/',
  macAddresses: 'dcim/mac-addresses/',
  configContexts: 'extras/config-contexts/',
  objectChanges: 'core/object-changes/',
} as const;

/** @param filter of the virtual machines, as parameters of NetBox's list */
export function createCollections(mapping: NetboxMapping, filter: Query): Collections {
  const fields = (always: readonly string[], scope: 'vm' | 'interface' | 'address' | 'prefix'): Query => [
    ['fields', [...new Set(['id', 'last_updated', ...always, ...fieldsOf(mapping, scope)])].join(',')],
  ];
  return {
    machines: {
      path: listPaths.machines,
      filter,
      fields: [
        ...fields(['tags', 'primary_ip4', 'primary_ip6'], 'vm'),
        // Without this NetBox renders the config context even if it is not asked for.
        ...(usesConfigContext(mapping) ? [] : [['exclude', 'config_context'] as const]),
      ],
      keep: machineReader(mapping),
    },
    interfaces: {
      path: listPaths.interfaces,
      filter: [],
      fields: fields(
        [
          'virtual_machine',
          'name',
          'enabled',
          'mtu',
          'mac_address',
          'primary_mac_address',
          'parent',
          'untagged_vlan',
        ],
        'interface',
      ),
      keep: interfaceReader(mapping),
    },
    addresses: {
      path: listPaths.addresses,
      // Those of devices come too: not every version filters by the type of what an address is assigned to.
      filter: [['assigned_to_interface', 'true']],
      fields: fields(
        ['address', 'vrf', 'status', 'role', 'assigned_object_type', 'assigned_object_id'],
        'address',
      ),
      keep: addressReader(mapping),
    },
    prefixes: {
      path: listPaths.prefixes,
      filter: [],
      fields: fields(['prefix', 'vrf'], 'prefix'),
      keep: prefixReader(mapping),
    },
  };
}
