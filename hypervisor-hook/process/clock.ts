/** Time, as a port so that tests can choose it. */
export interface Clock {
  /** Time of day, for ages and records. */
  readonly now: () => Date;
  /** Milliseconds since the process started, unaffected by changes of the time of day. */
  readonly elapsedMs: () => number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };
