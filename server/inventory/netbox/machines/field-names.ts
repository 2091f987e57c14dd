import { printable } from '../../../domain/printable.ts';
import { machineFields, type NetboxMapping } from '../mapping.ts';
import type { MachineRow } from '../rows/rows.ts';
import type { MachineLinks } from './links.ts';
import type { Port } from './reading.ts';

/** The path of a machine in NetBox's API, which stays the same for as long as the machine is there. */
export function locatorOf(id: number): string {
  return `virtual-machines/${id}`;
}

/** The machine for people: `virtual-machines/7 (web-07)`. */
export function labelOf({ id, fields: { name } }: MachineRow): string {
  return typeof name === 'string' ? `${locatorOf(id)} (${printable(name)})` : locatorOf(id);
}

/** What a field of the record is in NetBox: `interfaces/7 (eth0).mac_address`, `ip-addresses/12`, `serial`. */
export function fieldNames(links: MachineLinks, mapping: NetboxMapping): (pointer: string) => string {
  return (pointer) => {
    const [field = '', key = '', ...rest] = pointer.slice(1).split('/');
    if (field === 'interfaces') return interfaceField(links.interfaces[Number(key)], mapping, rest);
    if (field === 'vlans') return interfaceField(links.vlans[Number(key)]?.port, mapping, rest);
    if (field === 'bonds') return bondField(links, mapping, [key, ...rest]);
    const paths = pathsOf(mapping, field, key);
    return paths.length > 0 ? paths.join(' or ') : field === '' ? 'record' : field;
  };
}

function pathsOf(mapping: NetboxMapping, field: string, key: string): readonly string[] {
  if (field === 'osFamily') return mapping.platform;
  if (field === 'dns') return key === 'search' ? mapping.dnsSearch : mapping.dnsServers;
  if (field === 'ntp') return mapping.ntpServers;
  const own = machineFields.find((name) => name === field);
  return own === undefined ? [] : mapping[own];
}

/** Of a bond, addresses and gateways are those of an interface, and the rest stands where the mapping says. */
function bondField(
  { bonds }: MachineLinks,
  mapping: NetboxMapping,
  [index = '', ...rest]: readonly string[],
): string {
  const port = bonds[Number(index)]?.port;
  const [key = ''] = rest;
  if (port !== undefined && ['addresses', 'gateway4', 'gateway6', 'mtu', 'mac'].includes(key)) {
    return interfaceField(port, mapping, rest);
  }
  return [mapping.bonds.join(' or '), index, ...rest].filter((part) => part !== '').join('.');
}

/** Names of NetBox for what the record calls otherwise. */
const netboxNames: Readonly<Record<string, string>> = {
  mac: 'mac_address',
  id: 'untagged_vlan',
  link: 'parent',
};

function interfaceField(
  found: Port | undefined,
  mapping: NetboxMapping,
  [key = '', position = '']: readonly string[],
): string {
  if (found === undefined) return 'interfaces';
  const { port, addresses } = found;
  const address = addresses.filter(({ status }) => status !== 'dhcp')[Number(position)];
  if (key === 'addresses' && position !== '' && address !== undefined) return `ip-addresses/${address.id}`;
  const place = `interfaces/${port.id}${typeof port.name === 'string' ? ` (${port.name})` : ''}`;
  if (key === 'gateway4' || key === 'gateway6') return `${place}.${key} (${mapping[key].join(', ')})`;
  return key === '' ? place : `${place}.${Object.hasOwn(netboxNames, key) ? netboxNames[key] : key}`;
}
