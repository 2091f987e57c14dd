import type { NetworkInterface } from '../../../../../schemas/types/common.ts';
import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';

/**
 * One `.network` file (systemd.network(5)). Router advertisements count only where DHCPv6 is wanted: an address that the
 * CMDB does not know is none of this machine's.
 */
export function renderNetworkUnit(nic: NetworkInterface): string {
  const dhcp =
    nic.dhcp4 === true ? (nic.dhcp6 === true ? 'yes' : 'ipv4') : nic.dhcp6 === true ? 'ipv6' : 'no';
  const link =
    nic.mtu === undefined
      ? ''
      : `\n[Link]\nMTUBytes=${guardInteger('interfaces[].mtu', nic.mtu, 576, 65535)}\n`;
  const network = [
    `DHCP=${dhcp}`,
    `IPv6AcceptRA=${nic.dhcp6 === true ? 'yes' : 'no'}`,
    ...(nic.addresses ?? []).map((value) => `Address=${guard('interfaces[].addresses[]', value, cidr)}`),
    ...[nic.gateway4, nic.gateway6].flatMap((value) =>
      value === undefined ? [] : [`Gateway=${guard('interfaces[].gateway', value, address)}`],
    ),
  ];
  const routes = (nic.routes ?? []).map(({ to, via, metric }) =>
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
  return `# Written by Ubugi.\n[Match]\nMACAddress=${guard('interfaces[].mac', nic.mac, mac)}\n${link}\n[Network]\n${network.join(
    '\n',
  )}\n${routes.join('')}`;
}

/** Name of the file: it sorts before netplan's and cloud-init's `10-…`, and the first match wins. */
export function unitPath(nic: NetworkInterface): string {
  return `/etc/systemd/network/05-ubugi-${guard('interfaces[].mac', nic.mac, mac).replaceAll(':', '')}.network`;
}
