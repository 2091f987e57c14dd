import ipaddr from 'ipaddr.js';
import { isCidr } from '../../../schemas/validation/validator.ts';
import type { Row } from './client/pager.ts';
import { type MachineField, machineFields, type NetboxMapping, valueAt } from './mapping.ts';

/** A value that a mapping found: a scalar, null for a list or object, undefined where nothing is set. */
export type Found = string | number | boolean | null | undefined;

/** What the gateway lists of the mapping find in one row, by position in the list. */
export interface GatewayValues {
  readonly gateway4: readonly Found[];
  readonly gateway6: readonly Found[];
}

/** What is kept of a virtual machine; a row of NetBox is several kilobytes. */
export interface MachineRow extends GatewayValues {
  readonly id: number;
  readonly fields: Readonly<Partial<Record<MachineField, Found>>>;
  readonly platform: Found;
  readonly tags: readonly Found[];
  /** Ids of the primary addresses. */
  readonly primary4: number | undefined;
  readonly primary6: number | undefined;
}

/** What is kept of a VM interface. */
export interface InterfaceRow extends GatewayValues {
  readonly id: number;
  readonly machine: number;
  readonly name: Found;
  readonly enabled: boolean;
  readonly mac: Found;
  readonly mtu: Found;
}

/** What is kept of an IP address. */
export interface AddressRow extends GatewayValues {
  readonly id: number;
  readonly interface: number;
  readonly cidr: Found;
  readonly vrf: number | undefined;
  readonly status: Found;
  readonly role: Found;
}

/** What is kept of a prefix. */
export interface PrefixRow extends GatewayValues {
  readonly id: number;
  readonly network: string;
}

export function machineRow(row: Row, mapping: NetboxMapping): MachineRow {
  const tags = row['tags'];
  return {
    id: row.id,
    fields: Object.fromEntries(
      machineFields.flatMap((field) => {
        const found = firstOf(row, mapping[field]);
        return found === undefined ? [] : [[field, found]];
      }),
    ),
    platform: firstOf(row, mapping.platform),
    tags: Array.isArray(tags) ? tags.map((tag) => valueAt(tag, 'slug')) : [],
    primary4: idAt(row, 'primary_ip4'),
    primary6: idAt(row, 'primary_ip6'),
    ...gatewayValues(row, 'vm', mapping),
  };
}

export function interfaceRow(row: Row, mapping: NetboxMapping): InterfaceRow | undefined {
  const machine = idAt(row, 'virtual_machine');
  if (machine === undefined) return undefined;
  return {
    id: row.id,
    machine,
    name: valueAt(row, 'name'),
    enabled: row['enabled'] !== false,
    // `mac_address` is what the primary MAC address is shown as; NetBox before 4.2 has no other.
    mac: valueAt(row, 'mac_address') ?? valueAt(row, 'primary_mac_address.mac_address'),
    mtu: valueAt(row, 'mtu'),
    ...gatewayValues(row, 'interface', mapping),
  };
}

export function addressRow(row: Row, mapping: NetboxMapping): AddressRow | undefined {
  const holder = valueAt(row, 'assigned_object_id');
  if (valueAt(row, 'assigned_object_type') !== 'virtualization.vminterface' || typeof holder !== 'number') {
    return undefined;
  }
  return {
    id: row.id,
    interface: holder,
    cidr: valueAt(row, 'address'),
    vrf: idAt(row, 'vrf'),
    status: valueAt(row, 'status'),
    role: valueAt(row, 'role'),
    ...gatewayValues(row, 'address', mapping),
  };
}

export function prefixRow(row: Row, mapping: NetboxMapping): PrefixRow | undefined {
  const prefix = valueAt(row, 'prefix');
  if (typeof prefix !== 'string' || !isCidr(prefix)) return undefined;
  return {
    id: row.id,
    network: networkKey(prefix, idAt(row, 'vrf')),
    ...gatewayValues(row, 'prefix', mapping),
  };
}

/** The network of an address within its VRF, in one form. @param cidr valid */
export function networkKey(cidr: string, vrf: number | undefined): string {
  return `${vrf ?? 'global'} ${networkOf(cidr).toNormalizedString()}/${cidr.split('/')[1] ?? ''}`;
}

/** The first address of a network. @param cidr valid */
export function networkOf(cidr: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return isIpv6(cidr) ? ipaddr.IPv6.networkAddressFromCIDR(cidr) : ipaddr.IPv4.networkAddressFromCIDR(cidr);
}

export function isIpv6(cidr: string): boolean {
  return cidr.includes(':');
}

function gatewayValues(row: Row, root: string, mapping: NetboxMapping): GatewayValues {
  const values = (paths: readonly string[]): readonly Found[] =>
    paths.map((path) =>
      path.startsWith(`${root}.`) ? valueAt(row, path.slice(root.length + 1)) : undefined,
    );
  return { gateway4: values(mapping.gateway4), gateway6: values(mapping.gateway6) };
}

function firstOf(row: Row, paths: readonly string[]): Found {
  for (const path of paths) {
    const found = valueAt(row, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function idAt(row: Row, field: string): number | undefined {
  const id = valueAt(row, `${field}.id`);
  return typeof id === 'number' ? id : undefined;
}
