import type { NetboxClientLimits } from './client/netbox-client.ts';
import type { PagerLimits } from './client/pager.ts';
import type { ChangeLimits } from './reading/reading-ports.ts';

/** Every bound of an inventory in NetBox. */
export interface NetboxLimits extends NetboxClientLimits, PagerLimits, ChangeLimits {}

/** Sizes that a NetBox of a million machines does not meet, and times that suit its own defaults. */
export const defaultLimits: NetboxLimits = {
  connectMs: 3_000,
  operationMs: 10_000,
  bodyBytes: 32 * 1024 * 1024,
  concurrency: 4,
  retries: 2,
  retryPauseMs: 500,
  throttleMs: 60_000,
  pageSize: 500,
  rows: 1_000_000,
  // NetBox ends a script, which is one transaction, after five minutes.
  overlapMs: 600_000,
  // A day less than NetBox keeps its change log, which it clears once a day.
  retentionMs: 89 * 86_400_000,
  changedMachines: 5_000,
  logEntries: 5_000,
};
