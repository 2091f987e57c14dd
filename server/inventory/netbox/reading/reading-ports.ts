import type { Clock } from '../../../domain/clock.ts';
import type { NetboxClient } from '../client/netbox-client.ts';
import type { Pager } from '../client/pager.ts';
import type { NetboxMapping } from '../mapping.ts';
import type { Collections } from '../rows/collections.ts';

/** Bounds of reading what changed. */
export interface ChangeLimits {
  /**
   * How far a reading goes back behind the one before: a change gets its time before its transaction ends, and the
   * clocks of NetBox's servers differ.
   */
  readonly overlapMs: number;
  /** How long NetBox keeps its change log (`CHANGELOG_RETENTION`). Without it nobody knows what was deleted. */
  readonly retentionMs: number;
  /** Machines that are read one by one; where more changed, all are read. */
  readonly changedMachines: number;
  /** Entries of the change log, of each kind of object, by which a whole reading tells who changed what. */
  readonly logEntries: number;
}

/** What a reading is made with. */
export interface ReadingPorts {
  readonly client: NetboxClient;
  readonly pager: Pager;
  readonly collections: Collections;
  readonly mapping: NetboxMapping;
  readonly clock: Clock;
  readonly limits: ChangeLimits;
}

/** How far the server's clock may be behind ours where it does not tell its time. */
const clockSkewMs = 300_000;

/**
 * Asks the server for its time, and in passing whether machines may be read at all. Milliseconds since 1970, of its
 * first answer or shortly before it.
 */
export async function askServerTime({ client, pager, collections, clock }: ReadingPorts): Promise<number> {
  await pager.count(collections.machines.path, collections.machines.filter);
  return client.firstAnswerTime()?.getTime() ?? clock.now().getTime() - clockSkewMs;
}
