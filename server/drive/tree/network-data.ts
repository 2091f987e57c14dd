import ipaddr from 'ipaddr.js';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type LinkSettings, networkLinks } from '../../domain/network-links.ts';
import { type NetworkLink, networkDataLinks } from './network-links.ts';

/** A route; the netmask of an IPv6 route is written as an address too. */
export interface NetworkRoute {
  readonly network: string;
  readonly netmask: string;
  readonly gateway: string;
}

/** A name server; cloud-init reads `search` although the format does not have it. */
export interface NetworkService {
  readonly type: 'dns';
  readonly address: string;
  readonly search?: readonly string[];
}

/** One address of a link, or its use of DHCP. */
export type Network =
  | {
      readonly id: string;
      readonly network_id: string;
      readonly link: string;
      readonly type: 'ipv4' | 'ipv6';
      readonly ip_address: string;
      readonly netmask: string;
      readonly routes: readonly NetworkRoute[];
      readonly services: readonly NetworkService[];
    }
  | {
      readonly id: string;
      readonly network_id: string;
      readonly link: string;
      readonly type: 'ipv4_dhcp' | 'ipv6_dhcp';
    };

/** `network_data.json` (Nova, `nova/virt/netutils.py` and `doc/api_schemas/network_data.json`). */
export interface NetworkData {
  readonly links: readonly NetworkLink[];
  readonly networks: readonly Network[];
  readonly services: readonly NetworkService[];
}

/**
 * The network data of a guest; undefined for a guest without interfaces, because cloud-init leaves the NIC down when
 * it finds an empty plan, and uses DHCP when it finds none.
 */
export function networkData(guest: GuestConfiguration): NetworkData | undefined {
  if (guest.network.interfaces.length === 0) return undefined;
  const services = nameServers(guest.dns);
  const links = networkDataLinks(guest.network);
  const networks: Network[] = [];
  for (const [index, { link }] of networkLinks(guest.network).entries()) {
    const { id = '', vif_id = '' } = links[index] ?? {};
    for (const network of networksOf(link, { network_id: vif_id, link: id }, services)) {
      networks.push({ ...network, id: `network${networks.length}` });
    }
  }
  return {
    links,
    networks,
    // cloud-init merges the search lists of all name servers: once is enough.
    services: services.map((service, index) => {
      const search = guest.dns.search ?? [];
      return index === 0 && search.length > 0 ? { ...service, search } : service;
    }),
  };
}

function nameServers(dns: GuestConfiguration['dns']): readonly NetworkService[] {
  return (dns.servers ?? []).map((address) => ({ type: 'dns', address }));
}

function networksOf(
  nic: LinkSettings,
  names: Pick<Network, 'network_id' | 'link'>,
  services: readonly NetworkService[],
): readonly Network[] {
  const addresses = (nic.addresses ?? []).map((text) => {
    const [address, length] = ipaddr.parseCIDR(text);
    return { text: text.slice(0, text.indexOf('/')), address, length, routes: [] as NetworkRoute[] };
  });
  for (const route of linkRoutes(nic)) {
    const gateway = ipaddr.parse(route.gateway);
    const family = addresses.filter(({ address }) => address.kind() === gateway.kind());
    const reaching = family.find(({ address, length }) => sameNetwork(address, gateway, length));
    (reaching ?? family[0])?.routes.push(route);
  }
  const common = { id: '', ...names };
  return [
    ...(nic.dhcp4 === true ? [{ ...common, type: 'ipv4_dhcp' as const }] : []),
    ...(nic.dhcp6 === true ? [{ ...common, type: 'ipv6_dhcp' as const }] : []),
    ...addresses.map(({ text, address, length, routes }) => ({
      ...common,
      type: address.kind(),
      ip_address: text,
      netmask: netmask(address.kind(), length),
      routes,
      services: services.filter((service) => ipaddr.parse(service.address).kind() === address.kind()),
    })),
  ];
}

function linkRoutes(nic: LinkSettings): readonly NetworkRoute[] {
  return [
    ...(nic.gateway4 === undefined
      ? []
      : [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: nic.gateway4 }]),
    ...(nic.gateway6 === undefined ? [] : [{ network: '::', netmask: '::', gateway: nic.gateway6 }]),
    ...(nic.routes ?? []).map((route) => {
      const [address, length] = ipaddr.parseCIDR(route.to);
      const network = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
      return {
        network: network.networkAddressFromCIDR(route.to).toString(),
        netmask: netmask(address.kind(), length),
        gateway: route.via,
      };
    }),
  ];
}

function sameNetwork(
  address: ipaddr.IPv4 | ipaddr.IPv6,
  other: ipaddr.IPv4 | ipaddr.IPv6,
  length: number,
): boolean {
  if (address instanceof ipaddr.IPv4) return other instanceof ipaddr.IPv4 && other.match(address, length);
  return other instanceof ipaddr.IPv6 && other.match(address, length);
}

function netmask(kind: 'ipv4' | 'ipv6', length: number): string {
  return kind === 'ipv4'
    ? ipaddr.IPv4.subnetMaskFromPrefixLength(length).toString()
    : ipaddr.IPv6.subnetMaskFromPrefixLength(length).toString();
}
