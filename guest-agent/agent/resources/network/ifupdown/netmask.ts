/** Netmask of a prefix length in dotted form: busybox takes no other for IPv4. */
export function ipv4Netmask(prefix: number): string {
  return [0, 8, 16, 24].map((at) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - at)))).join('.');
}
