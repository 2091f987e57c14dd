import ipaddr from 'ipaddr.js';

/** The network of an address within its VRF, in one form. @param cidr valid */
export function networkKey(cidr: string, vrf: number | undefined): string {
  return `${vrf ?? 'global'} ${networkOf(cidr).toNormalizedString()}/${cidr.split('/')[1] ?? ''}`;
}

/** The first address of a network. @param cidr valid */
export function networkOf(cidr: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return isIpv6(cidr) ? ipaddr.IPv6.networkAddressFromCIDR(cidr) : ipaddr.IPv4.networkAddressFromCIDR(cidr);
}

export function isIpv6(cidr: string): boolean {
  return cidr.includes(':');
}
