import ipaddr from 'ipaddr.js';
import type { MachineLinks } from '../../../../schemas/network-links/link-problems.ts';
import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { type LinkSettings, linkAddresses, networkLinks } from '../../network-links.ts';
import { overridden } from '../choice.ts';
import type { SourceBook } from '../source-book.ts';
import type { SiteRoute } from './site-settings.ts';

/** A guest's links with the routes that policy adds to them. */
export interface PlacedRoutes {
  readonly links: Pick<GuestConfiguration['network'], 'interfaces' | 'bonds' | 'vlans'>;
  /** Routes whose gateway no link reaches. */
  readonly unplaced: readonly SiteRoute[];
  /** Notes where the routes come from. */
  note(book: SourceBook): void;
}

/**
 * Adds each route to the first interface, bond or VLAN of which a network contains its gateway. A destination that the record routes
 * already stays as the record has it, and a machine that is the gateway itself needs no route to it.
 */
export function placeRoutes(record: MachineLinks, routes: readonly SiteRoute[]): PlacedRoutes {
  const { interfaces, bonds, vlans } = record;
  const links = {
    interfaces: interfaces.map((link) => ({ ...link })),
    ...(bonds === undefined ? {} : { bonds: bonds.map((link) => ({ ...link })) }),
    ...(vlans === undefined ? {} : { vlans: vlans.map((link) => ({ ...link })) }),
  };
  const placed = networkLinks(links);
  const given = networkLinks(record);
  const unplaced: SiteRoute[] = [];
  const notes: ((book: SourceBook) => void)[] = [];
  for (const one of routes) {
    const { to, via, metric } = one.route;
    const before = given.flatMap(({ subject, link }) =>
      (link.routes ?? []).filter((route) => isSameNetwork(route.to, to)).map((route) => ({ subject, route })),
    );
    for (const { subject, route } of before) {
      const marked = one.sources.map(overridden);
      notes.push((book) => book.note('network', routeSubject(subject, route), ...marked));
    }
    if (before.length > 0 || isOwnAddress(record, via)) continue;
    const target = placed.find(({ link }) => reaches(link, via));
    if (target === undefined) {
      unplaced.push(one);
      continue;
    }
    target.link.routes = [
      ...(target.link.routes ?? []),
      { to, via, ...(metric === undefined ? {} : { metric }) },
    ];
    notes.push((book) => book.note('network', routeSubject(target.subject, one.route), ...one.sources));
  }
  return {
    links,
    unplaced,
    note: (book) => {
      for (const note of notes) note(book);
    },
  };
}

/** A route that a guest, and perhaps others, cannot have. @param example name of one of them */
export function unplacedRoute({ route, sources }: SiteRoute, example: string): RecordProblem {
  const [source] = sources;
  return {
    source: source?.name ?? '',
    record: source?.record ?? '',
    field: source?.field ?? '',
    message: `route to ${route.to} via ${route.via} is left out where no interface, bond or VLAN is in a network that contains ${route.via}, such as on ${example}`,
    remedy: 'correct the route, or the addresses in the CMDB',
  };
}

/** Subject of a route's line (`networkLines`). */
export function routeSubject(link: string, route: { readonly to: string; readonly via: string }): string {
  return `${link} route ${route.to} via ${route.via}`;
}

function reaches({ addresses = [] }: LinkSettings, gateway: string): boolean {
  const target = ipaddr.parse(gateway);
  return addresses.some((cidr) => {
    const [address, length] = ipaddr.parseCIDR(cidr);
    return address.kind() === target.kind() && target.match(address, length);
  });
}

function isOwnAddress(links: MachineLinks, gateway: string): boolean {
  const target = ipaddr.parse(gateway).toString();
  return linkAddresses(links).some((cidr) => ipaddr.parseCIDR(cidr)[0].toString() === target);
}

function isSameNetwork(one: string, other: string): boolean {
  const [address, length] = ipaddr.parseCIDR(one);
  const [otherAddress, otherLength] = ipaddr.parseCIDR(other);
  return (
    length === otherLength && address.kind() === otherAddress.kind() && address.match(otherAddress, length)
  );
}
