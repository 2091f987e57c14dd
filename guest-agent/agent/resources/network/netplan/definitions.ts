import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondWord, type LinkSettings, type Links, linkName, type Nic } from '../links.ts';
import { type YamlMapping, yamlKey, yamlLines } from './yaml.ts';

/** What of the machine shapes the definitions. */
export interface DefinitionOptions {
  /** NetworkManager carries them out; otherwise whichever the other files name, systemd-networkd by default. */
  readonly networkManager: boolean;
  /** Kernel names of NICs by MAC address. */
  readonly names: ReadonlyMap<string, string>;
}

/** The whole file (netplan(5)). */
export function renderNetplan({ nics, bonds, vlans }: Links, options: DefinitionOptions): string {
  const section = (name: string, entries: readonly (readonly [string, YamlMapping])[]): YamlMapping =>
    entries.length === 0
      ? {}
      : { [name]: Object.fromEntries(entries.map(([id, node]) => [yamlKey(id), node])) };
  const common = (link: LinkSettings): YamlMapping => ({
    ...renderer(link, options),
    ...addressing(link),
  });
  const network = {
    version: 2,
    ...section(
      'ethernets',
      nics.map((entry) => [
        definitionId(entry.nic.mac),
        {
          match: { macaddress: guard('interfaces[].mac', entry.nic.mac, mac) },
          ...(entry.bond === undefined
            ? { ...name(entry, options), ...common(entry.nic) }
            : renderer({}, options)),
        },
      ]),
    ),
    ...section(
      'bonds',
      bonds.map((bond) => [
        guard('bonds[].name', bond.name, linkName),
        {
          interfaces: bond.members.map(definitionId),
          macaddress: guard('bonds[].mac', bond.mac ?? bond.members[0] ?? '', mac),
          parameters: {
            mode: guard('bonds[].mode', bond.mode, bondWord),
            'mii-monitor-interval': Number(guardInteger('bonds[].miimon', bond.miimon ?? 100, 1, 10000)),
            ...(bond.lacpRate === undefined || bond.mode !== '802.3ad'
              ? {}
              : { 'lacp-rate': guard('bonds[].lacpRate', bond.lacpRate, bondWord) }),
            ...(bond.xmitHashPolicy === undefined || !['802.3ad', 'balance-xor'].includes(bond.mode)
              ? {}
              : { 'transmit-hash-policy': guard('bonds[].xmitHashPolicy', bond.xmitHashPolicy, bondWord) }),
          },
          ...common(bond),
        },
      ]),
    ),
    ...section(
      'vlans',
      vlans.map((vlan) => [
        guard('vlans[].name', vlan.name, linkName),
        {
          id: Number(guardInteger('vlans[].id', vlan.id, 1, 4094)),
          link: vlan.link.includes(':')
            ? definitionId(vlan.link)
            : guard('vlans[].link', vlan.link, linkName),
          ...common(vlan),
        },
      ]),
    ),
  };
  return `# Written by Ubugi.\n${yamlLines({ network }).join('\n')}\n`;
}

/**
 * Id of a NIC's definition. Where another file defines the same NIC, netplan writes two files for systemd-networkd, and the
 * first by name that matches counts: this one sorts before all names that a NIC can have.
 */
function definitionId(device: string): string {
  return `0-ubugi-${guard('interfaces[].mac', device, mac).replaceAll(':', '')}`;
}

/** With an MTU netplan writes a `.link` file, which takes the place of the one that would have named the NIC. */
function name({ nic }: Nic, { names }: DefinitionOptions): YamlMapping {
  const current = names.get(nic.mac);
  return nic.mtu === undefined || current === undefined || !linkName.test(current)
    ? {}
    : { 'set-name': current };
}

/**
 * NetworkManager takes the connection with the highest priority. Netplan would give a link without addresses an IPv4
 * link-local one, and would leave IPv6 to the kernel, which takes any address that is advertised.
 */
function renderer(link: LinkSettings, { networkManager }: DefinitionOptions): YamlMapping {
  if (!networkManager) return {};
  const has = (six: boolean): boolean =>
    (six ? link.dhcp6 : link.dhcp4) === true ||
    (link.addresses ?? []).some((value) => value.includes(':') === six);
  return {
    renderer: 'NetworkManager',
    networkmanager: {
      passthrough: {
        'connection.autoconnect-priority': '999',
        ...(has(false) ? {} : { 'ipv4.method': 'disabled' }),
        ...(has(true) ? {} : { 'ipv6.method': 'link-local' }),
      },
    },
  };
}

/** Router advertisements count only where DHCPv6 is wanted: an address that the CMDB does not know is none of ours. */
function addressing(link: LinkSettings): YamlMapping {
  const addresses = (link.addresses ?? []).map((value) => guard('interfaces[].addresses[]', value, cidr));
  const gateway = (to: string, via: string | undefined): readonly YamlMapping[] =>
    via === undefined ? [] : [{ to, via: guard('interfaces[].gateway', via, address) }];
  const routes = [
    ...gateway('0.0.0.0/0', link.gateway4),
    ...gateway('::/0', link.gateway6),
    ...(link.routes ?? []).map(({ to, via, metric }) => ({
      to: guard('routes[].to', to, cidr),
      via: guard('routes[].via', via, address),
      ...(metric === undefined
        ? {}
        : { metric: Number(guardInteger('routes[].metric', metric, 0, 4294967295)) }),
    })),
  ];
  return {
    ...(link.mtu === undefined ? {} : { mtu: Number(guardInteger('mtu', link.mtu, 576, 65535)) }),
    dhcp4: link.dhcp4 === true,
    dhcp6: link.dhcp6 === true,
    'accept-ra': link.dhcp6 === true,
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(routes.length === 0 ? {} : { routes }),
  };
}
