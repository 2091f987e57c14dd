import { address, cidr, guard, guardInteger } from '../../../rendering/guard.ts';
import type { Addressing } from '../links.ts';

/**
 * Section `[ipv4]` or `[ipv6]` of a keyfile (nm-settings-keyfile(5)). Router advertisements count only where DHCPv6 is
 * wanted: an address that the CMDB does not know is none of this machine's. `link-local` and not `disabled`, which
 * NetworkManager before 1.20 does not know for IPv6.
 */
export function ipSection(family: 'ipv4' | 'ipv6', link: Addressing): string {
  const six = family === 'ipv6';
  const ours = (value: string): boolean => value.includes(':') === six;
  const dynamic = (six ? link.dhcp6 : link.dhcp4) === true;
  const addresses = (link.addresses ?? []).filter(ours);
  const method = dynamic ? 'auto' : addresses.length > 0 ? 'manual' : six ? 'link-local' : 'disabled';
  const lines = [`[${family}]`, `method=${method}`];
  // Without an address nothing is reachable, and NetworkManager refuses the connection.
  if (method !== 'disabled') {
    const gateway = six ? link.gateway6 : link.gateway4;
    addresses.forEach((value, at) =>
      lines.push(`address${at + 1}=${guard('interfaces[].addresses[]', value, cidr)}`),
    );
    const routes = (link.routes ?? [])
      .filter(({ to }) => ours(to))
      .map(({ to, via, metric }) => {
        const parts = [
          guard('interfaces[].routes[].to', to, cidr),
          guard('interfaces[].routes[].via', via, address),
        ];
        return metric === undefined
          ? parts.join(',')
          : [...parts, guardInteger('interfaces[].routes[].metric', metric, 0, 4294967295)].join(',');
      });
    if (gateway !== undefined) {
      const via = guard('interfaces[].gateway', gateway, address);
      if (addresses.length > 0) lines.push(`gateway=${via}`);
      else routes.unshift(`${six ? '::/0' : '0.0.0.0/0'},${via}`);
    }
    routes.forEach((route, at) => lines.push(`route${at + 1}=${route}`));
  }
  return `${lines.join('\n')}\n`;
}
