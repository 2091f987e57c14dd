import { printable } from '../../../domain/printable.ts';
import { machineFields, type NetboxMapping } from '../mapping.ts';
import type { MachineRow } from '../rows/rows.ts';
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
export function fieldNames(ports: readonly Port[], mapping: NetboxMapping): (pointer: string) => string {
  return (pointer) => {
    const [field = '', key = '', ...rest] = pointer.slice(1).split('/');
    if (field === 'interfaces') return interfaceField(ports, mapping, [key, ...rest]);
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

function interfaceField(
  ports: readonly Port[],
  mapping: NetboxMapping,
  [index = '', key = '', position = '']: readonly string[],
): string {
  const found = ports[Number(index)];
  if (index === '' || found === undefined) return 'interfaces';
  const { port, addresses } = found;
  const address = addresses.filter(({ status }) => status !== 'dhcp')[Number(position)];
  if (key === 'addresses' && position !== '' && address !== undefined) return `ip-addresses/${address.id}`;
  const place = `interfaces/${port.id}${typeof port.name === 'string' ? ` (${port.name})` : ''}`;
  if (key === 'gateway4' || key === 'gateway6') return `${place}.${key} (${mapping[key].join(', ')})`;
  return key === '' ? place : `${place}.${key === 'mac' ? 'mac_address' : key}`;
}
