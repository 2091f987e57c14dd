/** Whether a server is named by an IPv6 address: the schema of cloud-init's `ntp` takes host names only, or IPv4. */
export function isIpv6Literal(server: string): boolean {
  return server.includes(':');
}
