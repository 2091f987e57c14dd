import type { Kysely } from 'kysely';
import type { PlacementReads } from '../../ports/placement.ts';
import type { RemovalReads } from '../../ports/removal.ts';
import type { Tables } from '../tables.ts';
import { canContinue, changedHosts, hostChanges, readFeedHead } from './feed.ts';
import { findHypervisor, listHypervisors, listPlacedInstances } from './hypervisors.ts';
import { listGrants } from './placing.ts';
import { purgedAmong } from './purge.ts';

/** The part of the store that reads placements, the feed of changes and what became of removed instances. */
export function createPlacementReads(
  reader: Kysely<Tables>,
  attempt: <T>(doing: string, work: () => Promise<T>) => Promise<T>,
): PlacementReads & RemovalReads {
  return {
    feedHead: () => attempt('Reading where the feed stands', () => readFeedHead(reader)),
    canContinue: (position) => attempt('Checking a cursor', () => canContinue(reader, position)),
    changedHosts: (after) => attempt('Reading changed hosts', () => changedHosts(reader, after)),
    hostChanges: (host, after) =>
      attempt(`Reading the changes of hypervisor ${host}`, () => hostChanges(reader, host, after)),
    grants: (id, now) => attempt(`Reading the grants of instance ${id}`, () => listGrants(reader, id, now)),
    hypervisors: () => attempt('Listing hypervisors', () => listHypervisors(reader)),
    hypervisor: (host) => attempt(`Reading hypervisor ${host}`, () => findHypervisor(reader, host)),
    placedInstances: (host) =>
      attempt(`Listing the instances on ${host}`, () => listPlacedInstances(reader, host)),
    purgedAmong: (ids) => attempt('Reading purged instances', () => purgedAmong(reader, ids)),
  };
}
