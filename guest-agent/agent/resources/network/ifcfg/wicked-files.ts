import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptionLine } from '../bond-options.ts';
import { kernelName } from '../kernel-names.ts';
import type { Addressing, Link } from '../links.ts';
import type { LinkFile } from './ifcfg-files.ts';
import { assign } from './sysconfig-file.ts';

/** `ifcfg-NAME` (ifcfg(5), ifcfg-bonding(5), ifcfg-vlan(5)) and `ifroute-NAME` (ifroute(5)) of one link. */
export function wickedFiles(link: Link): readonly LinkFile[] {
  const device = guard('kernel name of an interface', link.name, kernelName);
  return [
    { name: `ifcfg-${device}`, lines: [...kindLines(link), ...addressLines(link.addressing)] },
    { name: `ifroute-${device}`, lines: routeLines(link.addressing, device) },
  ];
}

function kindLines(link: Link): readonly string[] {
  switch (link.kind) {
    case 'nic':
      return [assign('STARTMODE', 'auto'), bootProtocol(link.addressing)];
    case 'member':
      // The bond sets up its members.
      return [assign('STARTMODE', 'hotplug'), assign('BOOTPROTO', 'none')];
    case 'bond':
      return [
        assign('STARTMODE', 'auto'),
        bootProtocol(link.addressing),
        assign('LLADDR', guard('bonds[].mac', link.mac, mac)),
        assign('BONDING_MASTER', 'yes'),
        ...link.members.map((name, at) =>
          assign(`BONDING_SLAVE_${at}`, guard('kernel name of an interface', name, kernelName)),
        ),
        assign('BONDING_MODULE_OPTS', bondOptionLine(link.bond)),
      ];
    case 'vlan':
      return [
        assign('STARTMODE', 'auto'),
        bootProtocol(link.addressing),
        assign('ETHERDEVICE', guard('kernel name of an interface', link.lower, kernelName)),
        assign('VLAN_ID', guardInteger('vlans[].id', link.id, 1, 4094)),
      ];
  }
}

/** Fixed addresses count beside DHCP. */
function bootProtocol({ dhcp4, dhcp6 }: Addressing): string {
  const four = dhcp4 === true;
  return assign('BOOTPROTO', dhcp6 === true ? (four ? 'dhcp' : 'dhcp6') : four ? 'dhcp4' : 'static');
}

function addressLines({ addresses = [], mtu }: Addressing): readonly string[] {
  return [
    ...addresses.map((value, at) =>
      assign(at === 0 ? 'IPADDR' : `IPADDR_${at}`, guard('interfaces[].addresses[]', value, cidr)),
    ),
    ...(mtu === undefined ? [] : [assign('MTU', guardInteger('mtu of an interface', mtu, 576, 65535))]),
  ];
}

/** Columns: destination, gateway, netmask (given with the destination), interface, options. */
function routeLines({ gateway4, gateway6, routes = [] }: Addressing, device: string): readonly string[] {
  return [
    ...[gateway4, gateway6].flatMap((value) =>
      value === undefined ? [] : [`default ${guard('interfaces[].gateway', value, address)} - ${device}`],
    ),
    ...routes.map(({ to, via, metric }) => {
      const destination = guard('interfaces[].routes[].to', to, cidr);
      const gateway = guard('interfaces[].routes[].via', via, address);
      const option =
        metric === undefined
          ? ''
          : ` metric ${guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295)}`;
      return `${destination} ${gateway} - ${device}${option}`;
    }),
  ];
}
