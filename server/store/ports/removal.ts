import type { InstanceId } from '../../domain/identifiers.ts';

/** An instance whose secrets are gone. */
export interface PurgedInstance {
  readonly id: InstanceId;
  readonly name: string;
  readonly removedAt: string;
}

/** Reading what became of removed instances. */
export interface RemovalReads {
  /** Which of these have been purged. */
  purgedAmong(ids: readonly InstanceId[]): Promise<readonly InstanceId[]>;
}

/** What housekeeping deletes. */
export interface RemovalWrites {
  /**
   * Deletes of instances that were removed before this time, longest ago first, what must not stay: user-data, random
   * seed, reports. Record, generations and events stay. One that comes back is given a new random seed and a new
   * generation after its newest.
   * @param limit most instances at a time
   * @returns them
   */
  purgeRemoved(before: string, at: string, limit: number): Promise<readonly PurgedInstance[]>;
  /** Deletes departures from before this time and grants that have expired at `now`. Hosts that have not asked since are told everything. */
  pruneFeed(departuresBefore: string, now: string): Promise<void>;
}
