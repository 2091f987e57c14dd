/** Bounds beyond which a sync does not remove instances by itself. */
export interface RemovalBounds {
  /** Share of the known instances, 0 to 1: reaching it stops the run. */
  readonly share: number;
  /** Removals above `max(floor, 5 %)`, or above `ceiling` at the most, stop the run. */
  readonly floor: number;
  readonly ceiling: number;
}

/** The defaults: half of all, or more than min(500, max(5, 5 %)). */
export const defaultRemovalBounds: RemovalBounds = { share: 0.5, floor: 5, ceiling: 500 };

/**
 * Why removing this many instances needs a person's word, or undefined if it does not. A single removal is
 * always let through: a site with one or two machines must be able to lose one.
 */
export function removalObjection(
  known: number,
  removals: number,
  bounds: RemovalBounds = defaultRemovalBounds,
): string | undefined {
  if (removals <= 1) return undefined;
  if (removals >= known * bounds.share) {
    return `${removals} of ${known} instances would be removed, which reaches ${bounds.share * 100} %`;
  }
  const most = Math.min(bounds.ceiling, Math.max(bounds.floor, Math.floor(known * 0.05)));
  if (removals > most) return `${removals} of ${known} instances would be removed, more than ${most}`;
  return undefined;
}
