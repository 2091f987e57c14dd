import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { isCidr } from '../../../schemas/validation/validator.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { printable } from '../../domain/printable.ts';
import type { MappedRecord } from '../checks/judge-records.ts';
import { gatewayOf, type StaticAddress } from './gateways.ts';
import type { NetboxMapping } from './mapping.ts';
import { osFamilyOf } from './os-family.ts';
import {
  type AddressRow,
  type Found,
  type GatewayValues,
  type InterfaceRow,
  isIpv6,
  type MachineRow,
} from './rows.ts';

/** All that was read of some machines. */
export interface NetboxReading {
  readonly machines: Iterable<MachineRow>;
  readonly interfaces: Iterable<InterfaceRow>;
  readonly addresses: Iterable<AddressRow>;
  readonly prefixes: ReadonlyMap<string, GatewayValues>;
  /** Who created a machine, by its id in NetBox. */
  readonly creators: ReadonlyMap<number, string>;
}

/** Addresses that move between machines, which the software that moves them brings up. */
const sharedRoles: ReadonlySet<Found> = new Set(['vip', 'vrrp', 'hsrp', 'glbp', 'carp']);
/** Statuses of addresses that the guest is not given: it forms them itself, or they are to go. */
const unusedStatuses: ReadonlySet<Found> = new Set(['slaac', 'deprecated']);

/** The instances that machines of NetBox are, by ascending id in NetBox. */
export function* mapMachines(reading: NetboxReading, mapping: NetboxMapping): Generator<MappedRecord> {
  const interfaces = groupBy(reading.interfaces, (port) => port.machine);
  const addresses = groupBy(reading.addresses, (address) => address.interface);
  const machines = [...reading.machines].sort((one, other) => one.id - other.id);
  for (const machine of machines) {
    const ports = (interfaces.get(machine.id) ?? [])
      .filter(({ enabled }) => enabled)
      .sort((one, other) => one.id - other.id)
      .map((port) => ({ port, addresses: usable(addresses.get(port.id) ?? [], machine) }));
    yield mapMachine(machine, ports, reading, mapping);
  }
}

interface Port {
  readonly port: InterfaceRow;
  readonly addresses: readonly AddressRow[];
}

function mapMachine(
  machine: MachineRow,
  ports: readonly Port[],
  { prefixes, creators }: NetboxReading,
  mapping: NetboxMapping,
): MappedRecord {
  const { id, creator, createdAt, ...fields } = machine.fields;
  const problems: FieldProblem[] = [];
  const uuid = typeof id === 'string' ? parseInstanceId(id.trim()) : undefined;
  if (uuid === undefined) {
    problems.push({
      pointer: '/id',
      message: id === undefined ? 'is not set, so that the machine has no UUID' : 'is not a UUID',
      remedy: "put the machine's UUID there",
    });
  }
  const osFamily = osFamilyOf(machine.platform === undefined ? undefined : String(machine.platform), mapping);
  if (osFamily === undefined) {
    problems.push({
      pointer: '/osFamily',
      message: machine.platform === undefined ? 'is not set' : 'is a platform of no known family',
      remedy: 'set the platform, or name its family in mapping.osFamilies or mapping.defaultOsFamily',
    });
  }
  for (const [index, { port }] of ports.entries()) {
    if (port.mac !== undefined) continue;
    problems.push({
      pointer: `/interfaces/${index}/mac`,
      message: 'is not set',
      remedy: 'give the interface a primary MAC address, or disable it',
    });
  }
  const createdBy = creator ?? creators.get(machine.id);
  const value = {
    ...fields,
    ...(uuid === undefined ? {} : { id: uuid }),
    ...(createdBy === undefined ? {} : { creator: createdBy }),
    ...(createdAt === undefined ? {} : { createdAt: utcTime(createdAt) }),
    ...(osFamily === undefined ? {} : { osFamily }),
    tags: [...new Set(machine.tags)],
    interfaces: ports.map(({ port, addresses }) => {
      const networks = addresses.filter(({ status }) => status !== 'dhcp');
      const dynamic = addresses.filter(({ status }) => status === 'dhcp');
      const family = (six: boolean): readonly StaticAddress[] =>
        networks.filter(isWellFormed).filter(({ cidr }) => isIpv6(cidr) === six);
      const gateway = (field: 'gateway4' | 'gateway6'): Readonly<Record<string, Found>> => {
        const six = field === 'gateway6';
        const found = gatewayOf(field, mapping, {
          machine,
          port,
          addresses: family(six),
          holdsDefaultRoute: holdsDefaultRoute(machine, port, ports, six),
          prefixes,
        });
        return found === undefined ? {} : { [field]: found };
      };
      return {
        ...(port.name === undefined ? {} : { name: port.name }),
        ...(port.mac === undefined
          ? {}
          : { mac: typeof port.mac === 'string' ? port.mac.toLowerCase() : port.mac }),
        ...(port.mtu === undefined ? {} : { mtu: port.mtu }),
        ...(networks.length === 0 ? {} : { addresses: networks.map(({ cidr }) => cidr ?? null) }),
        ...gateway('gateway4'),
        ...gateway('gateway6'),
        ...(dynamic.some(({ cidr }) => !isIpv6(String(cidr))) ? { dhcp4: true } : {}),
        ...(dynamic.some(({ cidr }) => isIpv6(String(cidr))) ? { dhcp6: true } : {}),
      };
    }),
  };
  return { locator: locatorOf(machine), value, problems, fieldName: fieldNames(ports, mapping) };
}

/** The primary address first, then by id. */
function usable(addresses: readonly AddressRow[], { primary4, primary6 }: MachineRow): readonly AddressRow[] {
  const rank = ({ id }: AddressRow): number => (id === primary4 || id === primary6 ? 0 : id);
  return addresses
    .filter(({ status, role }) => !unusedStatuses.has(status) && !sharedRoles.has(role))
    .sort((one, other) => rank(one) - rank(other));
}

/** The interface with the primary address; without one, the only interface that has addresses of the family. */
function holdsDefaultRoute(
  machine: MachineRow,
  port: InterfaceRow,
  ports: readonly Port[],
  six: boolean,
): boolean {
  const primary = six ? machine.primary6 : machine.primary4;
  const holders = ports.filter(({ addresses }) =>
    primary === undefined
      ? addresses.some(({ cidr }) => isIpv6(String(cidr)) === six)
      : addresses.some(({ id }) => id === primary),
  );
  return holders.length === 1 && holders[0]?.port === port;
}

function isWellFormed(address: AddressRow): address is StaticAddress {
  return typeof address.cidr === 'string' && isCidr(address.cidr);
}

/** NetBox writes times in the time zone it is set to; before 3.0 it wrote a date. */
function utcTime(value: Found): Found {
  if (typeof value !== 'string' || value.endsWith('Z')) return value;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : time.toISOString();
}

function locatorOf({ id, fields: { name } }: MachineRow): string {
  const place = `virtual-machines/${id}`;
  return typeof name === 'string' ? `${place} (${printable(name)})` : place;
}

/** What a field of the record is in NetBox: `interfaces/7 (eth0).mac_address`, `ip-addresses/12`, `serial`. */
function fieldNames(ports: readonly Port[], mapping: NetboxMapping): (pointer: string) => string {
  return (pointer) => {
    const [field = '', index = '', key = '', position = ''] = pointer.slice(1).split('/');
    if (field === 'osFamily') return mapping.platform.join(' or ');
    if (field === 'interfaces') {
      const found = ports[Number(index)];
      if (index === '' || found === undefined) return 'interfaces';
      const { port, addresses } = found;
      const address = addresses.filter(({ status }) => status !== 'dhcp')[Number(position)];
      if (key === 'addresses' && position !== '' && address !== undefined)
        return `ip-addresses/${address.id}`;
      const place = `interfaces/${port.id}${typeof port.name === 'string' ? ` (${port.name})` : ''}`;
      if (key === 'gateway4' || key === 'gateway6') return `${place}.${key} (${mapping[key].join(', ')})`;
      return key === '' ? place : `${place}.${key === 'mac' ? 'mac_address' : key}`;
    }
    const paths = Object.hasOwn(mapping, field) ? mapping[field as 'name'] : [];
    return paths.length > 0 ? paths.join(' or ') : field === '' ? 'record' : field;
  };
}

function groupBy<T>(items: Iterable<T>, key: (item: T) => number): ReadonlyMap<number, T[]> {
  return Map.groupBy(items, key);
}
