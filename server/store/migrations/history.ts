import { initialState } from './0001-initial-state.ts';
import { sharedParts } from './0002-shared-parts.ts';
import { reportCounters } from './0003-report-counters.ts';
import { driveRenewal } from './0004-drive-renewal.ts';
import { placement } from './0005-placement.ts';
import { joinTokens } from './0006-join-tokens.ts';
import { baseDrives } from './0007-base-drives.ts';
import { rollouts } from './0008-rollouts.ts';
import { replays } from './0009-replays.ts';
import type { Migration } from './migration.ts';

/** Every migration there ever was, in the order in which they run. Append only. */
export const migrationHistory: readonly Migration[] = [
  initialState,
  sharedParts,
  reportCounters,
  driveRenewal,
  placement,
  joinTokens,
  baseDrives,
  rollouts,
  replays,
];
