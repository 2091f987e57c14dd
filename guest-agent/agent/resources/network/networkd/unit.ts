import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptions } from '../bond-options.ts';
import type { Addressing, Link } from '../links.ts';

/** One file below `/etc/systemd/network`. */
export interface NetworkdFile {
  readonly path: string;
  readonly text: string;
}

/** How a NIC is told from others in `[Match]`. */
export interface MatchOptions {
  /** `PermanentMACAddress=` is known (systemd 245 and later); where it is not, a section with nothing else matches all. */
  readonly permanentMac: boolean;
}

const folder = '/etc/systemd/network';
const header = '# Written by Ubugi.\n';

/**
 * Files of all links (systemd.network(5), systemd.netdev(5)). The first that matches wins: `04-` of bonds and VLANs, which
 * are matched by name and may have a NIC's MAC address, before `05-` of the NICs, before netplan's and cloud-init's `10-`.
 */
export function renderNetworkdFiles(links: readonly Link[], options: MatchOptions): readonly NetworkdFile[] {
  const vlansOn = (name: string): readonly string[] =>
    links.flatMap((link) => (link.kind === 'vlan' && link.lower === name ? [`VLAN=${link.name}`] : []));
  return links.flatMap((link): readonly NetworkdFile[] => {
    const text = (match: string, more: readonly string[]): string =>
      renderNetworkUnit(match, link.addressing, [...more, ...vlansOn(link.name)]);
    switch (link.kind) {
      case 'nic':
        return [{ path: nicPath(link.name), text: text(`MACAddress=${nic(link.name)}`, []) }];
      case 'member': {
        // A bond gives its own address to its members.
        const key = options.permanentMac ? 'PermanentMACAddress' : 'MACAddress';
        return [{ path: nicPath(link.name), text: text(`${key}=${nic(link.name)}`, [`Bond=${link.bond}`]) }];
      }
      case 'bond':
      case 'vlan':
        return [
          { path: `${folder}/04-ubugi-${link.name}.netdev`, text: renderNetdev(link) },
          { path: `${folder}/04-ubugi-${link.name}.network`, text: text(`Name=${link.name}`, []) },
        ];
    }
  });
}

/**
 * One `.network` file. Router advertisements count only where DHCPv6 is wanted: an address that the CMDB does not know is
 * none of this machine's.
 *
 * @param match the line of `[Match]`. @param more lines of `[Network]` that tie it to other links.
 */
function renderNetworkUnit(match: string, addressing: Addressing, more: readonly string[]): string {
  const { dhcp4, dhcp6, mtu, addresses = [], gateway4, gateway6, routes = [] } = addressing;
  const dhcp = dhcp4 === true ? (dhcp6 === true ? 'yes' : 'ipv4') : dhcp6 === true ? 'ipv6' : 'no';
  const link =
    mtu === undefined ? '' : `\n[Link]\nMTUBytes=${guardInteger('mtu of an interface', mtu, 576, 65535)}\n`;
  const network = [
    ...more,
    `DHCP=${dhcp}`,
    `IPv6AcceptRA=${dhcp6 === true ? 'yes' : 'no'}`,
    ...addresses.map((value) => `Address=${guard('interfaces[].addresses[]', value, cidr)}`),
    ...[gateway4, gateway6].flatMap((value) =>
      value === undefined ? [] : [`Gateway=${guard('interfaces[].gateway', value, address)}`],
    ),
  ];
  const routeSections = routes.map(({ to, via, metric }) =>
    [
      '',
      '[Route]',
      `Destination=${guard('interfaces[].routes[].to', to, cidr)}`,
      `Gateway=${guard('interfaces[].routes[].via', via, address)}`,
      ...(metric === undefined
        ? []
        : [`Metric=${guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295)}`]),
      '',
    ].join('\n'),
  );
  return `${header}[Match]\n${match}\n${link}\n[Network]\n${network.join('\n')}\n${routeSections.join('')}`;
}

function renderNetdev(link: Extract<Link, { readonly kind: 'bond' | 'vlan' }>): string {
  if (link.kind === 'vlan') {
    const id = guardInteger('vlans[].id', link.id, 1, 4094);
    return `${header}[NetDev]\nName=${link.name}\nKind=vlan\n\n[VLAN]\nId=${id}\n`;
  }
  const options = bondOptions(link.bond).map(([name, value]) =>
    name === 'miimon' ? `MIIMonitorSec=${value}ms` : `${bondKeys[name] ?? name}=${value}`,
  );
  return `${header}[NetDev]\nName=${link.name}\nKind=bond\nMACAddress=${nic(link.mac)}\n\n[Bond]\n${options.join('\n')}\n`;
}

const bondKeys: Readonly<Record<string, string>> = {
  mode: 'Mode',
  lacp_rate: 'LACPTransmitRate',
  xmit_hash_policy: 'TransmitHashPolicy',
};

function nic(value: string): string {
  return guard('MAC address of an interface', value, mac);
}

function nicPath(value: string): string {
  return `${folder}/05-ubugi-${nic(value).replaceAll(':', '')}.network`;
}
