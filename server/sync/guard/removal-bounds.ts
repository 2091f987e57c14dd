/** Bounds beyond which a run does not take away by itself. */
export interface RemovalBounds {
  /** Share of what is known, 0 to 1: reaching it stops the run. */
  readonly share: number;
  /** Removals above `max(floor, percent of what is known)`, or above `ceiling` at the most, stop the run. */
  readonly floor: number;
  readonly percent: number;
  readonly ceiling: number;
}

/** The defaults: half of all, or more than min(500, max(5, 5 %)). */
export const defaultRemovalBounds: RemovalBounds = { share: 0.5, floor: 5, percent: 5, ceiling: 500 };

/**
 * Why taking this many away needs a person's word, or undefined if it does not. A single one is always let through:
 * a site with one or two machines must be able to lose one.
 * @param what in the plural, for the message: `instances`
 */
export function removalObjection(
  what: string,
  known: number,
  removals: number,
  bounds: RemovalBounds,
): string | undefined {
  if (removals <= 1) return undefined;
  if (removals >= known * bounds.share) {
    return `${removals} of ${known} ${what} would be removed, which reaches ${bounds.share * 100} %`;
  }
  const most = Math.min(bounds.ceiling, Math.max(bounds.floor, Math.floor((known * bounds.percent) / 100)));
  if (removals > most) return `${removals} of ${known} ${what} would be removed, more than ${most}`;
  return undefined;
}
