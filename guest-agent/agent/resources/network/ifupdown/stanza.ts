import { address, cidr, guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptions } from '../bond-options.ts';
import { kernelName } from '../kernel-names.ts';
import type { Addressing, Link } from '../links.ts';
import { ipv4Netmask } from './netmask.ts';

/**
 * Stanzas of one link (interfaces(5)) in what Debian's ifupdown, ifupdown-ng, ifupdown2 and busybox have in common: at most
 * one stanza a family, more addresses and all else by commands. Bonds and VLANs need neither ifenslave nor the vlan package.
 *
 * @param link NICs by kernel name.
 */
export function renderStanzas(link: Link): string {
  const device = name(link.name);
  const { dhcp4, dhcp6, addresses = [] } = link.addressing;
  const making = [...make(link, device), ...mtu(link.addressing, device)];
  const families = (['inet', 'inet6'] as const).flatMap((family) => {
    const own = addresses.filter((value) => value.includes(':') === (family === 'inet6'));
    const dhcp = family === 'inet' ? dhcp4 === true : dhcp6 === true;
    return dhcp || own.length > 0 ? [{ family, own, dhcp }] : [];
  });
  if (families.length === 0) {
    return lines([
      `auto ${device}`,
      `iface ${device} inet manual`,
      ...making,
      up(device),
      ...routes(link, device, false),
      ...routes(link, device, true),
    ]);
  }
  const stanzas = families.flatMap(({ family, own, dhcp }, at) => [
    `iface ${device} ${family} ${dhcp ? 'dhcp' : 'static'}`,
    ...(at === 0 ? making : []),
    ...(dhcp ? [] : staticLines(family, own[0] ?? '', link.addressing)),
    ...(dhcp ? own : own.slice(1)).map(
      (value) => `    up ip addr replace ${guardedCidr(value)} dev ${device}`,
    ),
    ...routes(link, device, family === 'inet6'),
    // Routes of a family that has no address of its own.
    ...(families.length === 1 ? routes(link, device, family !== 'inet6') : []),
  ]);
  return lines([`auto ${device}`, ...stanzas]);
}

function staticLines(
  family: 'inet' | 'inet6',
  value: string,
  { gateway4, gateway6 }: Addressing,
): readonly string[] {
  const [ip = '', prefix = ''] = guardedCidr(value).split('/');
  const gateway = family === 'inet' ? gateway4 : gateway6;
  return [
    `    address ${ip}`,
    `    netmask ${family === 'inet' ? ipv4Netmask(Number(prefix)) : prefix}`,
    ...(family === 'inet' ? [] : ['    accept_ra 0']),
    ...(gateway === undefined ? [] : [`    gateway ${guard('interfaces[].gateway', gateway, address)}`]),
  ];
}

/** Commands that make the link, and unmake it, where it is not a NIC. */
function make(link: Link, device: string): readonly string[] {
  if (link.kind === 'nic' || link.kind === 'member') return [];
  const unmake = `    post-down ip link del dev ${device} 2>/dev/null || true`;
  const unless = `    pre-up test -d /sys/class/net/${device} ||`;
  if (link.kind === 'vlan') {
    const lower = name(link.lower);
    const id = guardInteger('vlans[].id', link.id, 1, 4094);
    return [
      `    pre-up ip link set dev ${lower} up`,
      `${unless} ip link add link ${lower} name ${device} type vlan id ${id}`,
      unmake,
    ];
  }
  return [
    // The kernel makes a first bond by itself when its module is loaded.
    `    pre-up modprobe -q bonding 2>/dev/null || true`,
    `${unless} ip link add name ${device} type bond`,
    `    pre-up ip link set dev ${device} down`,
    ...bondOptions(link.bond).map(
      ([option, value]) => `    pre-up echo ${value} > /sys/class/net/${device}/bonding/${option}`,
    ),
    `    pre-up ip link set dev ${device} address ${guard('bonds[].mac', link.mac, mac)}`,
    ...link.members
      .map(name)
      .flatMap((member) => [
        `    pre-up ip addr flush dev ${member}`,
        `    pre-up ip link set dev ${member} down`,
        `    pre-up ip link set dev ${member} master ${device}`,
      ]),
    unmake,
  ];
}

function mtu({ mtu: bytes }: Addressing, device: string): readonly string[] {
  if (bytes === undefined) return [];
  return [
    `    pre-up ip link set dev ${device} mtu ${guardInteger('mtu of an interface', bytes, 576, 65535)}`,
  ];
}

function up(device: string): string {
  return `    up ip link set dev ${device} up`;
}

function routes({ addressing }: Link, device: string, six: boolean): readonly string[] {
  return (addressing.routes ?? [])
    .filter(({ to }) => to.includes(':') === six)
    .map(({ to, via, metric }) => {
      const parts = [
        guard('interfaces[].routes[].to', to, cidr),
        'via',
        guard('interfaces[].routes[].via', via, address),
        'dev',
        device,
      ];
      if (metric !== undefined)
        parts.push('metric', guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295));
      return `    up ip ${six ? '-6 ' : ''}route replace ${parts.join(' ')}`;
    });
}

function name(value: string): string {
  return guard('kernel name of an interface', value, kernelName);
}

function guardedCidr(value: string): string {
  return guard('interfaces[].addresses[]', value, cidr);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
