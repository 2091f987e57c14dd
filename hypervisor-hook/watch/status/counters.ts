/** What is counted since the daemon started. */
export type Counter =
  /** Drives that differ from what the host had. */
  | 'fetched'
  /** Decisions that no drive may be used. */
  | 'refusedDrives'
  /** Lost or damaged drives that were put back. */
  | 'restored'
  | 'swapped'
  | 'failedSwaps'
  /** Instances whose drives were removed from the host. */
  | 'removed'
  /** Reports that guests sent, as far as they were accepted. */
  | 'collectedReports'
  /** What guests sent that is not a report of theirs. */
  | 'invalidReports'
  | 'forwardedReports'
  /** Reports that the server refuses for good. */
  | 'refusedReports'
  /** Reports that the full spool had no place for. */
  | 'droppedReports';

/** Numbers that only grow. */
export interface Counters {
  count(counter: Counter): void;
  readonly values: () => Readonly<Record<Counter, number>>;
}

/** Counters at zero. */
export function createCounters(): Counters {
  const values: Record<Counter, number> = {
    fetched: 0,
    refusedDrives: 0,
    restored: 0,
    swapped: 0,
    failedSwaps: 0,
    removed: 0,
    collectedReports: 0,
    invalidReports: 0,
    forwardedReports: 0,
    refusedReports: 0,
    droppedReports: 0,
  };
  return {
    count(counter) {
      values[counter] += 1;
    },
    values: () => ({ ...values }),
  };
}
