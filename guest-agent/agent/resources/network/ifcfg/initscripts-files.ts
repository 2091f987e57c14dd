import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptionLine } from '../bond-options.ts';
import { kernelName } from '../kernel-names.ts';
import type { Addressing, Link } from '../links.ts';
import type { LinkFile } from './ifcfg-files.ts';
import { assign } from './sysconfig-file.ts';

/**
 * `ifcfg-NAME`, `route-NAME` and `route6-NAME` of one link, as initscripts' sysconfig.txt and nm-settings-ifcfg-rh(5) have
 * them.
 *
 * @param link NICs by kernel name. @param nicMac the MAC address of a NIC. @param all all links.
 */
export function initscriptsFiles(link: Link, nicMac: string, all: readonly Link[]): readonly LinkFile[] {
  const device = guard('kernel name of an interface', link.name, kernelName);
  const routes = link.kind === 'member' ? [] : routeLines(link.addressing, device);
  return [
    {
      name: `ifcfg-${device}`,
      lines: [
        assign('DEVICE', device),
        assign('NAME', `ubugi ${device}`),
        assign('ONBOOT', 'yes'),
        ...kindLines(link, nicMac),
        ...(link.kind === 'member'
          ? [assign('BOOTPROTO', 'none')]
          : addressLines(link.addressing, gatewayOwner(link, all))),
        ...(link.addressing.mtu === undefined
          ? []
          : [assign('MTU', guardInteger('mtu of an interface', link.addressing.mtu, 576, 65535))]),
      ],
    },
    { name: `route-${device}`, lines: routes.filter(({ six }) => !six).map(({ line }) => line) },
    { name: `route6-${device}`, lines: routes.filter(({ six }) => six).map(({ line }) => line) },
  ];
}

function kindLines(link: Link, nicMac: string): readonly string[] {
  switch (link.kind) {
    case 'nic':
      return [assign('TYPE', 'Ethernet'), assign('HWADDR', guard('interfaces[].mac', nicMac, mac))];
    case 'member':
      return [
        assign('TYPE', 'Ethernet'),
        assign('HWADDR', guard('interfaces[].mac', nicMac, mac)),
        assign('MASTER', guard('name of a bond', link.bond, kernelName)),
        assign('SLAVE', 'yes'),
      ];
    case 'bond':
      return [
        assign('TYPE', 'Bond'),
        assign('MACADDR', guard('bonds[].mac', link.mac, mac)),
        assign('BONDING_MASTER', 'yes'),
        assign('BONDING_OPTS', bondOptionLine(link.bond)),
      ];
    case 'vlan':
      return [
        assign('TYPE', 'Vlan'),
        assign('VLAN', 'yes'),
        assign('PHYSDEV', guard('kernel name of an interface', link.lower, kernelName)),
        assign('VLAN_ID', guardInteger('vlans[].id', link.id, 1, 4094)),
      ];
  }
}

/** Whether the link has the default route of a family; initscripts would give it to the last one that may. */
function gatewayOwner(
  { addressing }: Link,
  all: readonly Link[],
): { readonly four: boolean; readonly six: boolean } {
  const four = all.find((link) => link.addressing.gateway4 !== undefined);
  const six = all.find((link) => link.addressing.gateway6 !== undefined);
  return {
    four: four === undefined || addressing.gateway4 !== undefined,
    six: six === undefined || addressing.gateway6 !== undefined,
  };
}

function addressLines(
  addressing: Addressing,
  defaultRoute: { readonly four: boolean; readonly six: boolean },
): readonly string[] {
  const { dhcp4, dhcp6, gateway4, gateway6, addresses = [] } = addressing;
  const all = addresses.map((value) => guard('interfaces[].addresses[]', value, cidr));
  const six = all.filter((value) => value.includes(':'));
  const gateway = (name: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [assign(name, guard('interfaces[].gateway', value, address))];
  return [
    assign('BOOTPROTO', dhcp4 === true ? 'dhcp' : 'none'),
    ...all
      .filter((value) => !value.includes(':'))
      .flatMap((value, at) => {
        const [ip = '', prefix = ''] = value.split('/');
        return [assign(`IPADDR${at}`, ip), assign(`PREFIX${at}`, prefix)];
      }),
    ...gateway('GATEWAY', gateway4),
    assign('DEFROUTE', defaultRoute.four ? 'yes' : 'no'),
    ...(six.length === 0 && dhcp6 !== true
      ? [assign('IPV6INIT', 'no')]
      : [
          assign('IPV6INIT', 'yes'),
          // Router advertisements count only where DHCPv6 is wanted.
          assign('IPV6_AUTOCONF', dhcp6 === true ? 'yes' : 'no'),
          ...(dhcp6 === true ? [assign('DHCPV6C', 'yes')] : []),
          ...six.slice(0, 1).map((value) => assign('IPV6ADDR', value)),
          ...(six.length > 1 ? [assign('IPV6ADDR_SECONDARIES', six.slice(1).join(' '))] : []),
          ...gateway('IPV6_DEFAULTGW', gateway6),
          assign('IPV6_DEFROUTE', defaultRoute.six ? 'yes' : 'no'),
        ]),
  ];
}

/** Arguments of `ip route add`. */
function routeLines(
  { routes = [] }: Addressing,
  device: string,
): readonly { readonly six: boolean; readonly line: string }[] {
  return routes.map(({ to, via, metric }) => {
    const destination = guard('interfaces[].routes[].to', to, cidr);
    const gateway = guard('interfaces[].routes[].via', via, address);
    const option =
      metric === undefined
        ? ''
        : ` metric ${guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295)}`;
    return { six: to.includes(':'), line: `${destination} via ${gateway} dev ${device}${option}` };
  });
}
