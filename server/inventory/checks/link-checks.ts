import ipaddr from 'ipaddr.js';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import type { LinkSettings } from '../../domain/network-links.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const noHostHas: ReadonlySet<string> = new Set([
  'unspecified',
  'multicast',
  'loopback',
  'broadcast',
  'ipv4Mapped',
]);

interface Network {
  readonly address: Address;
  readonly prefix: number;
}

/** What a schema cannot say of a MAC address. @param pointer JSON pointer to the link that has it */
export function checkMac(mac: string | undefined, pointer: string): readonly FieldProblem[] {
  return mac === '00:00:00:00:00:00'
    ? [
        {
          pointer: `${pointer}/mac`,
          message: 'is the null address',
          remedy: "give the interface's own address",
        },
      ]
    : [];
}

/**
 * What a schema cannot say of what an interface, a bond or a VLAN has: host addresses that are hosts', gateways that can
 * be reached, routes that the kernel takes. Expects a link that is valid against the schema.
 * @param pointer JSON pointer to the link
 */
export function checkLink(port: LinkSettings, pointer: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const problem = (field: string, message: string, remedy: string): void => {
    problems.push({ pointer: `${pointer}/${field}`, message, remedy });
  };

  const networks = (port.addresses ?? []).map(parseNetwork);
  for (const [index, network] of networks.entries()) {
    const reason = notAHost(network);
    if (reason !== undefined)
      problem(`addresses/${index}`, reason, 'give the address of the host with its prefix');
  }
  for (const field of ['gateway4', 'gateway6'] as const) {
    const gateway = port[field];
    if (gateway === undefined) continue;
    const address = ipaddr.parse(gateway);
    if (networks.some((network) => same(network.address, address))) {
      problem(field, "is the interface's own address", 'give the address of the router');
    } else if (!isReachable(address, networks)) {
      problem(
        field,
        "is in none of the interface's networks",
        'correct the gateway or the prefix of the address',
      );
    }
  }
  for (const [index, route] of (port.routes ?? []).entries()) {
    const to = parseNetwork(route.to);
    const via = ipaddr.parse(route.via);
    if (to.address.kind() !== via.kind()) {
      problem(
        `routes/${index}/via`,
        'is of another family than the destination',
        'give both as IPv4 or both as IPv6',
      );
    } else if (!isReachable(via, networks)) {
      problem(
        `routes/${index}/via`,
        "is in none of the interface's networks",
        'give a router that is reachable',
      );
    }
    if (!same(firstAddress(to), to.address)) {
      problem(
        `routes/${index}/to`,
        'has bits set beyond its prefix',
        `give ${firstAddress(to).toString()}/${to.prefix}`,
      );
    }
  }
  const hasIpv6 = port.dhcp6 === true || networks.some((network) => network.address.kind() === 'ipv6');
  if (hasIpv6 && port.mtu !== undefined && port.mtu < 1280) {
    problem('mtu', 'is too small for IPv6 (RFC 8200, section 5)', 'give at least 1280');
  }
  return problems;
}

/** An address in the form in which two that are the same are equal. */
export function canonicalAddress(cidr: string): string {
  return parseNetwork(cidr).address.toNormalizedString();
}

function parseNetwork(cidr: string): Network {
  const [address = '', prefix = ''] = cidr.split('/');
  return { address: ipaddr.parse(address), prefix: Number(prefix) };
}

function notAHost(network: Network): string | undefined {
  const { address, prefix } = network;
  const bits = address.toByteArray().length * 8;
  if (prefix === 0) return 'has the prefix length 0';
  if (noHostHas.has(address.range())) return 'is not an address that a host can have';
  const [first] = address.toByteArray();
  if (bits === 32 && (first === 0 || (first ?? 0) >= 240)) return 'is not an address that a host can have';
  // RFC 3021 and RFC 6164: both addresses of a point-to-point link are hosts'.
  if (prefix >= bits - 1) return undefined;
  if (same(firstAddress(network), address)) return 'is the address of the network itself';
  if (bits === 32 && same(lastAddress(network), address)) return 'is the broadcast address of the network';
  return undefined;
}

function isReachable(address: Address, networks: readonly Network[]): boolean {
  if (address.range() === 'linkLocal' && address.kind() === 'ipv6') return true;
  return networks.some((network) =>
    address.kind() === network.address.kind()
      ? same(firstAddress({ address, prefix: network.prefix }), firstAddress(network))
      : false,
  );
}

function same(one: Address, other: Address): boolean {
  return one.kind() === other.kind() && one.toNormalizedString() === other.toNormalizedString();
}

function firstAddress(network: Network): Address {
  return masked(network, (byte, mask) => byte & mask);
}

function lastAddress(network: Network): Address {
  return masked(network, (byte, mask) => (byte & mask) | (~mask & 0xff));
}

function masked(network: Network, combine: (byte: number, mask: number) => number): Address {
  const bytes = network.address.toByteArray().map((byte, index) => {
    const bits = Math.min(8, Math.max(0, network.prefix - index * 8));
    return combine(byte, (0xff << (8 - bits)) & 0xff);
  });
  return ipaddr.fromByteArray(bytes);
}
