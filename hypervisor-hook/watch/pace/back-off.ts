/** Random numbers from 0 up to 1, as a port so that tests can choose them. */
export type Random = () => number;

/** Bounds of the waiting between attempts, in milliseconds. */
export interface BackOffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * How long to wait before the next attempt: twice as long each time, and anything between half of that and all, so that
 * many hosts that lost the same server do not come back at the same moment.
 * @param failures attempts that failed in a row, from 1
 */
export function backOffMs(failures: number, options: BackOffOptions, random: Random): number {
  const full = Math.min(options.mostMs, options.firstMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (random() * full) / 2;
}
