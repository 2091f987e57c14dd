import { isCidr } from '../../../../schemas/validation/validator.ts';
import type { Row } from '../client/pager.ts';
import { type MachineField, machineFields, type NetboxMapping } from '../mapping.ts';
import { type BondRow, bondRows } from './bond-rows.ts';
import { networkKey } from './networks.ts';
import { type ScopedValues, scopedReader } from './scoped-values.ts';
import { type Found, valueAt } from './value-at.ts';

interface KeptRow {
  readonly id: number;
  readonly values: ScopedValues;
  /** Milliseconds since 1970; 0 where NetBox does not say. */
  readonly updated: number;
}

/** What is kept of a virtual machine; a row of NetBox is several kilobytes. */
export interface MachineRow extends KeptRow {
  readonly fields: Readonly<Partial<Record<MachineField, Found>>>;
  readonly platform: Found;
  readonly tags: readonly Found[];
  readonly bonds: readonly BondRow[];
  /** Ids of the primary addresses. */
  readonly primary4: number | undefined;
  readonly primary6: number | undefined;
}

/** What is kept of a VM interface. */
export interface InterfaceRow extends KeptRow {
  readonly machine: number;
  readonly name: Found;
  readonly enabled: boolean;
  readonly mac: Found;
  readonly mtu: Found;
  /** Id of the interface that it lies on, of a VLAN. */
  readonly parent: number | undefined;
  /** VLAN id (IEEE 802.1Q) of its untagged VLAN. */
  readonly vlan: Found;
}

/** What is kept of an IP address. */
export interface AddressRow extends KeptRow {
  readonly interface: number;
  readonly cidr: Found;
  readonly vrf: number | undefined;
  readonly status: Found;
  readonly role: Found;
}

/** What is kept of a prefix. */
export interface PrefixRow extends KeptRow {
  readonly network: string;
}

/** Makes what is kept of a row; undefined if it is of no use. */
export type RowReader<T> = (row: Row) => T | undefined;

export function machineReader(mapping: NetboxMapping): (row: Row) => MachineRow {
  const values = scopedReader(mapping, 'vm');
  return (row) => {
    const fields: Partial<Record<MachineField, Found>> = {};
    for (const field of machineFields) {
      const found = firstOf(row, mapping[field]);
      if (found !== undefined) fields[field] = found;
    }
    const tags = row['tags'];
    return {
      id: row.id,
      fields,
      platform: firstOf(row, mapping.platform),
      tags: Array.isArray(tags) ? tags.map((tag) => valueAt(tag, 'slug')) : [],
      bonds: bondRows(row, mapping.bonds) ?? [],
      primary4: idAt(row, 'primary_ip4'),
      primary6: idAt(row, 'primary_ip6'),
      values: values(row),
      updated: timeOf(row),
    };
  };
}

export function interfaceReader(mapping: NetboxMapping): RowReader<InterfaceRow> {
  const values = scopedReader(mapping, 'interface');
  return (row) => {
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
      parent: idAt(row, 'parent'),
      vlan: valueAt(row, 'untagged_vlan.vid'),
      values: values(row),
      updated: timeOf(row),
    };
  };
}

export function addressReader(mapping: NetboxMapping): RowReader<AddressRow> {
  const values = scopedReader(mapping, 'address');
  return (row) => {
    const holder = row['assigned_object_id'];
    if (row['assigned_object_type'] !== 'virtualization.vminterface' || typeof holder !== 'number') {
      return undefined;
    }
    return {
      id: row.id,
      interface: holder,
      cidr: valueAt(row, 'address'),
      vrf: idAt(row, 'vrf'),
      status: valueAt(row, 'status'),
      role: valueAt(row, 'role'),
      values: values(row),
      updated: timeOf(row),
    };
  };
}

export function prefixReader(mapping: NetboxMapping): RowReader<PrefixRow> {
  const values = scopedReader(mapping, 'prefix');
  return (row) => {
    const prefix = valueAt(row, 'prefix');
    if (typeof prefix !== 'string' || !isCidr(prefix)) return undefined;
    return {
      id: row.id,
      network: networkKey(prefix, idAt(row, 'vrf')),
      values: values(row),
      updated: timeOf(row),
    };
  };
}

/** The id of an object that a row refers to. */
export function idAt(row: unknown, field: string): number | undefined {
  const id = valueAt(row, `${field}.id`);
  return typeof id === 'number' ? id : undefined;
}

function firstOf(row: Row, paths: readonly string[]): Found {
  for (const path of paths) {
    const found = valueAt(row, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function timeOf(row: Row): number {
  const time = row['last_updated'];
  return typeof time === 'string' ? Date.parse(time) || 0 : 0;
}
