import ipaddr from 'ipaddr.js';
import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { NetworkInterface } from '../../../../schemas/types/common.ts';
import { overridden } from '../choice.ts';
import type { SourceBook } from '../source-book.ts';
import type { SiteRoute } from './site-settings.ts';

/** A guest's interfaces with the routes that policy adds to them. */
export interface PlacedRoutes {
  readonly interfaces: NetworkInterface[];
  /** Routes whose gateway no interface reaches. */
  readonly unplaced: readonly SiteRoute[];
  /** Notes where the routes come from. */
  note(book: SourceBook): void;
}

/**
 * Adds each route to the first interface of which a network contains its gateway. A destination that the record routes
 * already stays as the record has it, and a machine that is the gateway itself needs no route to it.
 */
export function placeRoutes(
  interfaces: readonly NetworkInterface[],
  routes: readonly SiteRoute[],
): PlacedRoutes {
  const placed = interfaces.map((networkInterface) => ({ ...networkInterface }));
  const unplaced: SiteRoute[] = [];
  const notes: ((book: SourceBook) => void)[] = [];
  for (const one of routes) {
    const { to, via, metric } = one.route;
    const before = interfaces.flatMap((own) =>
      (own.routes ?? [])
        .filter((route) => isSameNetwork(route.to, to))
        .map((route) => ({ mac: own.mac, route })),
    );
    for (const { mac, route } of before) {
      const marked = one.sources.map(overridden);
      notes.push((book) => book.note('network', routeSubject(mac, route), ...marked));
    }
    if (before.length > 0 || isOwnAddress(interfaces, via)) continue;
    const target = placed.find((candidate) => reaches(candidate, via));
    if (target === undefined) {
      unplaced.push(one);
      continue;
    }
    target.routes = [...(target.routes ?? []), { to, via, ...(metric === undefined ? {} : { metric }) }];
    notes.push((book) => book.note('network', routeSubject(target.mac, one.route), ...one.sources));
  }
  return {
    interfaces: placed,
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
    message: `route to ${route.to} via ${route.via} is left out where no interface is in a network that contains ${route.via}, such as on ${example}`,
    remedy: 'correct the route, or the addresses in the CMDB',
  };
}

/** Subject of a route's line (`networkLines`). */
export function routeSubject(mac: string, route: { readonly to: string; readonly via: string }): string {
  return `${mac} route ${route.to} via ${route.via}`;
}

function reaches({ addresses = [] }: NetworkInterface, gateway: string): boolean {
  const target = ipaddr.parse(gateway);
  return addresses.some((cidr) => {
    const [address, length] = ipaddr.parseCIDR(cidr);
    return address.kind() === target.kind() && target.match(address, length);
  });
}

function isOwnAddress(interfaces: readonly NetworkInterface[], gateway: string): boolean {
  const target = ipaddr.parse(gateway).toString();
  return interfaces.some(({ addresses = [] }) =>
    addresses.some((cidr) => ipaddr.parseCIDR(cidr)[0].toString() === target),
  );
}

function isSameNetwork(one: string, other: string): boolean {
  const [address, length] = ipaddr.parseCIDR(one);
  const [otherAddress, otherLength] = ipaddr.parseCIDR(other);
  return (
    length === otherLength && address.kind() === otherAddress.kind() && address.match(otherAddress, length)
  );
}
