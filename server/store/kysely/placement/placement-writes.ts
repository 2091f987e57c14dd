import type { Transaction } from 'kysely';
import type { PlacementWrites } from '../../ports/placement.ts';
import type { RemovalWrites } from '../../ports/removal.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { Tables } from '../tables.ts';
import type { DriveChanges } from './drive-changes.ts';
import { beginEpoch, pruneFeed } from './feed.ts';
import { writeHeartbeats } from './hypervisors.ts';
import { listGrants, place, saveGrant } from './placing.ts';
import { purgeRemoved } from './purge.ts';

/** The part of a transaction that writes placements, heartbeats and what removal deletes. */
export function createPlacementWrites(
  transaction: Transaction<Tables>,
  parts: { readonly dialect: StoreDialect; readonly changes: DriveChanges },
  step: <T>(doing: string, work: () => Promise<T>) => Promise<T>,
): PlacementWrites & RemovalWrites {
  const { dialect, changes } = parts;
  return {
    noteDriveChange: (ids) =>
      step('Noting changed drives', async () => {
        for (const id of ids) changes.changed(id);
      }),
    place: (id, host) => step(`Placing instance ${id} on ${host}`, () => place(transaction, parts, id, host)),
    saveGrant: (grant) =>
      step(`Saving a grant of instance ${grant.instance}`, () => saveGrant(transaction, grant)),
    grants: (id, now) => step(`Reading the grants of instance ${id}`, () => listGrants(transaction, id, now)),
    saveHeartbeats: (beats) =>
      step('Recording heartbeats', () => writeHeartbeats(transaction, dialect, beats)),
    beginEpoch: (id) => step('Beginning an epoch of changes', () => beginEpoch(transaction, id)),
    purgeRemoved: (before, at, limit) =>
      step('Purging removed instances', () => purgeRemoved(transaction, dialect, { before, at, limit })),
    pruneFeed: (departuresBefore, now) =>
      step('Pruning the feed of changes', () => pruneFeed(transaction, departuresBefore, now)),
  };
}
