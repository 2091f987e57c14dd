import ipaddr from 'ipaddr.js';
import type { Policy } from '../../../schemas/types/policy.ts';
import { appendPointer } from '../../../schemas/validation/json-pointer.ts';
import type { Complain } from './parse-policy.ts';

/** Checks what no pattern can: that routes of sites are networks, of one family, and stand once. */
export function checkRoutes({ defaults = {}, sites = {} }: Policy, complain: Complain): void {
  const layers = [
    { pointer: '/defaults', site: defaults },
    ...Object.entries(sites).map(([name, site]) => ({ pointer: appendPointer('/sites', name), site })),
  ];
  for (const { pointer, site } of layers) {
    const known = new Set<string>();
    for (const [index, { to, via }] of (site.routes ?? []).entries()) {
      const place = `${pointer}/routes/${index}`;
      const [network, length] = ipaddr.parseCIDR(to);
      if (length === 0) {
        complain(`${place}/to`, 'is the default route', 'give the gateway in the CMDB');
      } else if (networkOf(network, length) !== network.toString()) {
        complain(`${place}/to`, 'has bits set beyond its prefix length', 'write the address of the network');
      }
      if (ipaddr.parse(via).kind() !== network.kind()) {
        complain(`${place}/via`, 'is not of the same family as `to`', 'give a gateway of the same family');
      }
      const route = `${network.toString()}/${length}`;
      if (known.has(route)) complain(`${place}/to`, 'stands twice in the list', 'keep one of the two');
      known.add(route);
    }
  }
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): string {
  const cidr = `${address.toString()}/${length}`;
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return network.toString();
}
