import type { FieldProblem } from '../../../../schemas/validation/field-problem.ts';
import { parseInstanceId } from '../../../domain/identifiers.ts';
import type { MappedRecord } from '../../checks/judge-records.ts';
import { withLowerCaseMacs } from '../../checks/lower-case-macs.ts';
import type { RecordChange } from '../../inventory.ts';
import type { NetboxMapping } from '../mapping.ts';
import { isIpv6 } from '../rows/networks.ts';
import type { MachineRow } from '../rows/rows.ts';
import type { Found } from '../rows/value-at.ts';
import { fieldNames, labelOf, locatorOf } from './field-names.ts';
import { gatewayOf } from './gateways.ts';
import {
  arrangeLinks,
  type BondLink,
  linkProblems,
  type MachineLinks,
  memberMac,
  type VlanLink,
  vlanLink,
} from './links.ts';
import { nameServicesOf } from './name-services.ts';
import { osFamilyOf } from './os-family.ts';
import { defaultRoutesOf, portsOf, staticAddresses } from './ports.ts';
import type { DefaultRoutes, NetboxReading, Port } from './reading.ts';

/** The instances that machines of NetBox are, by ascending id in NetBox. Rows are let go of as they are mapped. */
export function* mapMachines(reading: NetboxReading, mapping: NetboxMapping): Generator<MappedRecord> {
  const interfaces = Map.groupBy(reading.interfaces, (port) => port.machine);
  const addresses = Map.groupBy(reading.addresses, (address) => address.interface);
  const machines = [...reading.machines].sort((one, other) => other.id - one.id);
  for (let machine = machines.pop(); machine !== undefined; machine = machines.pop()) {
    const ports = portsOf(machine, taken(interfaces, machine.id), ({ id }) => taken(addresses, id));
    yield mapMachine(machine, ports, reading, mapping);
  }
}

function taken<T>(groups: Map<number, T[]>, key: number): readonly T[] {
  const group = groups.get(key) ?? [];
  groups.delete(key);
  return group;
}

function mapMachine(
  machine: MachineRow,
  ports: readonly Port[],
  { prefixes, creators, changes }: NetboxReading,
  mapping: NetboxMapping,
): MappedRecord {
  const { id, creator, createdAt, ...fields } = machine.fields;
  const uuid = typeof id === 'string' ? parseInstanceId(id.trim()) : undefined;
  const osFamily = osFamilyOf(machine.platform === undefined ? undefined : String(machine.platform), mapping);
  const createdBy = creator ?? creators.get(machine.id);
  const lastChange = newestChange(machine, ports, changes.get(machine.id));
  const routes = defaultRoutesOf(machine, ports);
  const links = arrangeLinks(ports, machine.bonds);
  const settings = (port: Port) => mapSettings(machine, port, routes, prefixes, mapping);
  const value = {
    ...fields,
    ...(uuid === undefined ? {} : { id: uuid }),
    ...(createdBy === undefined ? {} : { creator: createdBy }),
    ...(createdAt === undefined ? {} : { createdAt: utcTime(createdAt) }),
    ...(osFamily === undefined ? {} : { osFamily }),
    tags: [...new Set(machine.tags)],
    interfaces: links.interfaces.map((port) => ({ ...nameAndMac(port), ...settings(port) })),
    ...(links.bonds.length === 0 ? {} : { bonds: links.bonds.map((bond) => mapBond(bond, links, settings)) }),
    ...(links.vlans.length === 0 ? {} : { vlans: links.vlans.map((vlan) => mapVlan(vlan, links, settings)) }),
    ...nameServicesOf(mapping, machine, ports, routes, prefixes),
  };
  return {
    locator: locatorOf(machine.id),
    label: labelOf(machine),
    value: withLowerCaseMacs(value),
    problems: [...problemsOf(machine, uuid, osFamily), ...linkProblems(links)],
    fieldName: fieldNames(links, mapping),
    ...(lastChange === undefined ? {} : { lastChange }),
  };
}

function problemsOf(
  { platform, fields: { id } }: MachineRow,
  uuid: string | undefined,
  osFamily: string | undefined,
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (uuid === undefined) {
    problems.push({
      pointer: '/id',
      message: id === undefined ? 'is not set, so that the machine has no UUID' : 'is not a UUID',
      remedy: "put the machine's UUID there",
    });
  }
  if (osFamily === undefined) {
    problems.push({
      pointer: '/osFamily',
      message: platform === undefined ? 'is not set' : 'is a platform of no known family',
      remedy: 'set the platform, or name its family in mapping.osFamilies or mapping.defaultOsFamily',
    });
  }
  return problems;
}

function nameAndMac({ port: { name, mac } }: Port): Readonly<Record<string, unknown>> {
  return { ...(name === undefined ? {} : { name }), ...(mac === undefined ? {} : { mac }) };
}

function mapBond(
  { row: { settings, members }, port }: BondLink,
  links: MachineLinks,
  settingsOf: (port: Port) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    ...(port === undefined ? {} : { ...nameAndMac(port), ...settingsOf(port) }),
    ...settings,
    ...(members === undefined ? {} : { members: members.map((member) => memberMac(member, links)) }),
  };
}

function mapVlan(
  vlan: VlanLink,
  links: MachineLinks,
  settingsOf: (port: Port) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { port } = vlan.port;
  return {
    ...(port.name === undefined ? {} : { name: port.name }),
    id: port.vlan,
    link: vlanLink(vlan, links),
    ...settingsOf(vlan.port),
  };
}

/** What an interface has, whatever it is in the guest. */
function mapSettings(
  machine: MachineRow,
  { port, addresses }: Port,
  { port4, port6 }: DefaultRoutes,
  prefixes: NetboxReading['prefixes'],
  mapping: NetboxMapping,
): Readonly<Record<string, unknown>> {
  const networks = addresses.filter(({ status }) => status !== 'dhcp');
  const dynamic = addresses.filter(({ status }) => status === 'dhcp');
  const gateway = (field: 'gateway4' | 'gateway6', six: boolean): Found =>
    gatewayOf(field, mapping, {
      machine,
      port,
      addresses: staticAddresses(addresses, six),
      holdsDefaultRoute: (six ? port6 : port4) === port,
      prefixes,
    });
  const gateway4 = gateway('gateway4', false);
  const gateway6 = gateway('gateway6', true);
  return {
    ...(port.mtu === undefined ? {} : { mtu: port.mtu }),
    ...(networks.length === 0 ? {} : { addresses: networks.map(({ cidr }) => cidr ?? null) }),
    ...(gateway4 === undefined ? {} : { gateway4 }),
    ...(gateway6 === undefined ? {} : { gateway6 }),
    ...(dynamic.some(({ cidr }) => !isIpv6(String(cidr))) ? { dhcp4: true } : {}),
    ...(dynamic.some(({ cidr }) => isIpv6(String(cidr))) ? { dhcp6: true } : {}),
  };
}

/** What the change log says, unless one of the rows was updated later than any change that it still has. */
function newestChange(
  machine: MachineRow,
  ports: readonly Port[],
  logged: RecordChange | undefined,
): RecordChange | undefined {
  let updated = machine.updated;
  for (const { port, addresses } of ports) {
    updated = Math.max(updated, port.updated);
    for (const address of addresses) updated = Math.max(updated, address.updated);
  }
  if (updated === 0 || (logged !== undefined && Date.parse(logged.at) >= updated)) return logged;
  return { at: new Date(updated).toISOString() };
}

/** NetBox writes times in the time zone it is set to; before 3.0 it wrote a date. */
function utcTime(value: Found): Found {
  if (typeof value !== 'string' || value.endsWith('Z')) return value;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : time.toISOString();
}
