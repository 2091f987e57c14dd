import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptions } from '../bond-options.ts';
import { kernelName } from '../kernel-names.ts';
import type { Addressing, Link } from '../links.ts';
import { type YamlMapping, yamlKey, yamlLines } from './yaml.ts';

/** What of the machine shapes the definitions. */
export interface DefinitionOptions {
  /** NetworkManager carries them out; otherwise whichever the other files name, systemd-networkd by default. */
  readonly networkManager: boolean;
  /** Kernel names of NICs by MAC address. */
  readonly names: ReadonlyMap<string, string>;
}

/** The whole file (netplan(5)). */
export function renderNetplan(links: readonly Link[], options: DefinitionOptions): string {
  const section = (name: string, ...kinds: readonly Link['kind'][]): YamlMapping => {
    const entries = links
      .filter(({ kind }) => kinds.includes(kind))
      .map((link) => [yamlKey(idOf(link.name)), definition(link, options)] as const);
    return entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) };
  };
  const network = {
    version: 2,
    ...section('ethernets', 'nic', 'member'),
    ...section('bonds', 'bond'),
    ...section('vlans', 'vlan'),
  };
  return `# Written by Ubugi.\n${yamlLines({ network }).join('\n')}\n`;
}

function definition(link: Link, options: DefinitionOptions): YamlMapping {
  const { addressing } = link;
  const common = { ...carrier(addressing, options), ...addressingOf(addressing) };
  switch (link.kind) {
    case 'nic':
      return { match: { macaddress: nic(link.name) }, ...nameOf(link, options), ...common };
    // Its bond gives it its MTU, and an MTU here would need its name.
    case 'member':
      return { match: { macaddress: nic(link.name) }, ...carrier({}, options) };
    case 'bond': {
      const parameters = bondOptions(link.bond).map(([name, value]) => [
        bondKeys[name] ?? name,
        name === 'miimon' ? Number(value) : value,
      ]);
      return {
        interfaces: link.members.map(idOf),
        macaddress: nic(link.mac),
        parameters: Object.fromEntries(parameters) as YamlMapping,
        ...common,
      };
    }
    case 'vlan':
      return {
        id: Number(guardInteger('vlans[].id', link.id, 1, 4094)),
        link: idOf(link.lower),
        ...common,
      };
  }
}

const bondKeys: Readonly<Record<string, string>> = {
  miimon: 'mii-monitor-interval',
  lacp_rate: 'lacp-rate',
  xmit_hash_policy: 'transmit-hash-policy',
};

/**
 * Id of a link's definition; of what the guest makes it is the name. Where another file defines the same NIC, netplan writes
 * two files for systemd-networkd, and the first by name that matches counts: ours sorts before all names a NIC can have.
 */
function idOf(name: string): string {
  return name.includes(':')
    ? `0-ubugi-${nic(name).replaceAll(':', '')}`
    : guard('name of a bond or VLAN', name, kernelName);
}

/** With an MTU netplan writes a `.link` file, which takes the place of the one that would have named the NIC. */
function nameOf({ name, addressing }: Link, { names }: DefinitionOptions): YamlMapping {
  const current = names.get(name);
  return addressing.mtu === undefined || current === undefined
    ? {}
    : { 'set-name': guard('kernel name of an interface', current, kernelName) };
}

/**
 * NetworkManager takes the connection with the highest priority. Netplan would give a link without addresses an IPv4
 * link-local one, and would leave IPv6 to the kernel, which takes any address that is advertised.
 */
function carrier(
  { dhcp4, dhcp6, addresses = [] }: Addressing,
  { networkManager }: DefinitionOptions,
): YamlMapping {
  if (!networkManager) return {};
  const four = dhcp4 === true || addresses.some((value) => !value.includes(':'));
  const six = dhcp6 === true || addresses.some((value) => value.includes(':'));
  return {
    renderer: 'NetworkManager',
    networkmanager: {
      passthrough: {
        'connection.autoconnect-priority': '999',
        ...(four ? {} : { 'ipv4.method': 'disabled' }),
        ...(six ? {} : { 'ipv6.method': 'link-local' }),
      },
    },
  };
}

/** Router advertisements count only where DHCPv6 is wanted: an address that the CMDB does not know is none of ours. */
function addressingOf({
  mtu,
  dhcp4 = false,
  dhcp6 = false,
  addresses = [],
  gateway4,
  gateway6,
  routes = [],
}: Addressing): YamlMapping {
  const gateway = (to: string, via: string | undefined): readonly YamlMapping[] =>
    via === undefined ? [] : [{ to, via: guard('interfaces[].gateway', via, address) }];
  const all = [
    ...gateway('0.0.0.0/0', gateway4),
    ...gateway('::/0', gateway6),
    ...routes.map(({ to, via, metric }) => ({
      to: guard('interfaces[].routes[].to', to, cidr),
      via: guard('interfaces[].routes[].via', via, address),
      ...(metric === undefined
        ? {}
        : { metric: Number(guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295)) }),
    })),
  ];
  return {
    ...(mtu === undefined ? {} : { mtu: Number(guardInteger('mtu of an interface', mtu, 576, 65535)) }),
    dhcp4,
    dhcp6,
    'accept-ra': dhcp6,
    ...(addresses.length === 0
      ? {}
      : { addresses: addresses.map((value) => guard('interfaces[].addresses[]', value, cidr)) }),
    ...(all.length === 0 ? {} : { routes: all }),
  };
}

function nic(value: string): string {
  return guard('MAC address of an interface', value, mac);
}
