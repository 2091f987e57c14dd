import ipaddr from 'ipaddr.js';
import type { SiteMapping } from '../../schemas/types/api.ts';
import { AppError } from '../domain/errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Names and addresses of one site as another has them. */
export interface SiteNames {
  readonly hypervisor: (name: string) => string;
  readonly project: (name: string) => string;
  readonly owner: (name: string) => string;
  readonly site: (name: string) => string;
  /** Of an address, with or without prefix length; any other text stays as it is. */
  readonly address: (text: string) => string;
}

/** Makes them of a mapping. Fails with `request-invalid` for networks of different sizes. */
export function createSiteNames(mapping: SiteMapping): SiteNames {
  const named = (names: Readonly<Record<string, string>> = {}) => {
    const map = new Map(Object.entries(names));
    return (name: string): string => map.get(name) ?? name;
  };
  const networks = (mapping.networks ?? []).map(({ from, to }) => {
    const [[source, length], [target, other]] = [ipaddr.parseCIDR(from), ipaddr.parseCIDR(to)];
    if (length !== other || source.kind() !== target.kind())
      throw new AppError(
        'request-invalid',
        `network ${from} cannot go to ${to}: give networks of the same size`,
      );
    return { source, target, length };
  });

  function addressOf(text: string): string {
    const [address = '', ...length] = text.split('/');
    if (!ipaddr.isValid(address)) return text;
    const parsed = ipaddr.parse(address);
    const network = networks.find(({ source, length: bits }) => isWithin(parsed, source, bits));
    if (network === undefined) return text;
    const moved = inNetwork(parsed, network.target, network.length).toString();
    return [moved, ...length].join('/');
  }

  return {
    hypervisor: named(mapping.hypervisors),
    project: named(mapping.projects),
    owner: named(mapping.owners),
    site: named(mapping.sites),
    address: addressOf,
  };
}

function isWithin(address: Address, network: Address, length: number): boolean {
  if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, length);
  return network instanceof ipaddr.IPv6 && address.match(network, length);
}

/** The address with the first bits of another one. */
function inNetwork(address: Address, network: Address, length: number): Address {
  const from = network.toByteArray();
  const bytes = address.toByteArray().map((byte, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return ((from[index] ?? 0) & mask) | (byte & ~mask & 0xff);
  });
  return ipaddr.fromByteArray(bytes);
}
