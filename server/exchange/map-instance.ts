import type { ExportedGeneration, ExportedInstance, SourceLine } from '../../schemas/types/api.ts';
import type { Dns, NetworkInterface, Ntp } from '../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import { ownLines } from '../domain/guest-lines.ts';
import type { SiteNames } from './site-mapping.ts';

/** An exported instance with the names and addresses of another site. */
export function mapInstance(exported: ExportedInstance, names: SiteNames): ExportedInstance {
  return {
    ...exported,
    record: mapRecord(exported.record, names),
    generations: exported.generations.map((generation) => mapGeneration(generation, names)),
  };
}

function mapRecord(record: InstanceRecord, names: SiteNames): InstanceRecord {
  const { project, owner, site, hypervisor, interfaces, bonds, vlans, dns, ntp } = record;
  return {
    ...record,
    ...(project === undefined ? {} : { project: names.project(project) }),
    ...(owner === undefined ? {} : { owner: names.owner(owner) }),
    ...(site === undefined ? {} : { site: names.site(site) }),
    ...(hypervisor === undefined ? {} : { hypervisor: names.hypervisor(hypervisor) }),
    interfaces: interfaces.map((link) => mapLink(link, names)),
    ...(bonds === undefined ? {} : { bonds: bonds.map((link) => mapLink(link, names)) }),
    ...(vlans === undefined ? {} : { vlans: vlans.map((link) => mapLink(link, names)) }),
    ...(dns === undefined ? {} : { dns: mapDns(dns, names) }),
    ...(ntp === undefined ? {} : { ntp: mapNtp(ntp, names) }),
  };
}

function mapGeneration(generation: ExportedGeneration, names: SiteNames): ExportedGeneration {
  const guest = mapGuest(generation.guest, names);
  const [before, after] = [ownLines(generation.guest), ownLines(guest)];
  // Mapping adds and removes no line, so that the places of lines tell which became which.
  const places = new Map(before.map((line, index) => [lineKey(line), after[index] ?? line]));
  const sources = generation.sources.map((line) => ({ ...line, ...places.get(lineKey(line)) }));
  return { ...generation, guest, sources };
}

function lineKey({ section, subject, value }: Omit<SourceLine, 'sources'>): string {
  return `${section}\0${subject}\0${value}`;
}

function mapGuest(guest: GuestConfiguration, names: SiteNames): GuestConfiguration {
  const { project, owner, site } = guest.instance;
  const { interfaces, bonds, vlans } = guest.network;
  return {
    ...guest,
    instance: {
      ...guest.instance,
      ...(project === undefined ? {} : { project: names.project(project) }),
      ...(owner === undefined ? {} : { owner: names.owner(owner) }),
      ...(site === undefined ? {} : { site: names.site(site) }),
    },
    network: {
      ...guest.network,
      interfaces: interfaces.map((link) => mapLink(link, names)),
      ...(bonds === undefined ? {} : { bonds: bonds.map((link) => mapLink(link, names)) }),
      ...(vlans === undefined ? {} : { vlans: vlans.map((link) => mapLink(link, names)) }),
    },
    dns: mapDns(guest.dns, names),
    ntp: mapNtp(guest.ntp, names),
  };
}

/** All kinds of links have their addresses alike. */
function mapLink<Link extends Pick<NetworkInterface, 'addresses' | 'gateway4' | 'gateway6' | 'routes'>>(
  link: Link,
  { address }: SiteNames,
): Link {
  const { addresses, gateway4, gateway6, routes } = link;
  return {
    ...link,
    ...(addresses === undefined ? {} : { addresses: addresses.map(address) }),
    ...(gateway4 === undefined ? {} : { gateway4: address(gateway4) }),
    ...(gateway6 === undefined ? {} : { gateway6: address(gateway6) }),
    ...(routes === undefined
      ? {}
      : { routes: routes.map((route) => ({ ...route, to: address(route.to), via: address(route.via) })) }),
  };
}

function mapDns(dns: Dns, { address }: SiteNames): Dns {
  return dns.servers === undefined ? dns : { ...dns, servers: dns.servers.map(address) };
}

function mapNtp(ntp: Ntp, { address }: SiteNames): Ntp {
  return ntp.servers === undefined ? ntp : { ...ntp, servers: ntp.servers.map(address) };
}
