import type { NetworkInterface } from '../../../../../schemas/types/common.ts';
import { address, cidr, guard, guardInteger } from '../../../rendering/guard.ts';

/** Kernel name of an interface. */
const kernelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/;

/** Stanzas of one interface (interfaces(5)). @param name kernel name that belongs to its MAC address. */
export function renderStanzas(name: string, nic: NetworkInterface): string {
  const device = guard('kernel name of an interface', name, kernelName);
  const mtu =
    nic.mtu === undefined ? [] : [`    mtu ${guardInteger('interfaces[].mtu', nic.mtu, 576, 65535)}`];
  const addresses = (nic.addresses ?? []).map((value) => guard('interfaces[].addresses[]', value, cidr));
  const blocks: (readonly string[])[] = [[`auto ${device}`]];
  const first = new Set<string>();
  const options = (family: string): readonly string[] => {
    if (first.has(family)) return [];
    first.add(family);
    const gateway = family === 'inet' ? nic.gateway4 : nic.gateway6;
    return [
      ...(family === 'inet' || !first.has('inet') ? mtu : []),
      ...(gateway === undefined ? [] : [`    gateway ${guard('interfaces[].gateway', gateway, address)}`]),
      ...routes(device, nic, family === 'inet6'),
    ];
  };
  if (nic.dhcp4 === true)
    blocks.push([`iface ${device} inet dhcp`, ...options('inet').filter((line) => !/gateway/.test(line))]);
  for (const value of addresses.filter((text) => !text.includes(':'))) {
    blocks.push([`iface ${device} inet static`, `    address ${value}`, ...options('inet')]);
  }
  if (nic.dhcp6 === true)
    blocks.push([`iface ${device} inet6 dhcp`, ...options('inet6').filter((line) => !/gateway/.test(line))]);
  for (const value of addresses.filter((text) => text.includes(':'))) {
    blocks.push([
      `iface ${device} inet6 static`,
      `    address ${value}`,
      '    accept_ra 0',
      ...options('inet6'),
    ]);
  }
  if (blocks.length === 1) blocks.push([`iface ${device} inet manual`, ...options('inet')]);
  return blocks.map((lines) => lines.map((line) => `${line}\n`).join('')).join('');
}

function routes(device: string, nic: NetworkInterface, six: boolean): readonly string[] {
  return (nic.routes ?? [])
    .filter(({ to }) => to.includes(':') === six)
    .map(({ to, via, metric }) => {
      const parts = [
        guard('interfaces[].routes[].to', to, cidr),
        'via',
        guard('interfaces[].routes[].via', via, address),
      ];
      if (metric !== undefined)
        parts.push('metric', guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295));
      return `    up ip ${six ? '-6 ' : ''}route replace ${parts.join(' ')} dev ${device}`;
    });
}
