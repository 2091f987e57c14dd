import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';

/**
 * When drift is looked for next, in milliseconds since 1970-01-01 UTC; `undefined` where policy does not ask for it. The
 * moments lie on a grid of the instance's own: asking again gives the same, and machines started together do not all
 * work in the same second.
 */
export function nextRepair(
  { instance, repairMinutes }: Pick<GuestConfiguration, 'instance' | 'repairMinutes'>,
  now: number,
): number | undefined {
  if (repairMinutes === undefined) return undefined;
  const period = repairMinutes * 60_000;
  const offset = (Number.parseInt(instance.id.slice(-8), 16) * 1000) % period;
  return Math.floor((now - offset) / period) * period + period + offset;
}

/** Seconds that a run may still take after it has looked at the clock. */
const leastSeconds = 5;

/**
 * The first of the moments, in whole seconds since 1970-01-01 UTC and never before the run that asks has ended;
 * `undefined` where nothing is due.
 *
 * @param moments milliseconds since 1970-01-01 UTC.
 */
export function firstMoment(moments: readonly (number | undefined)[], now: number): number | undefined {
  const due = moments.filter((moment) => moment !== undefined);
  if (due.length === 0) return undefined;
  return Math.max(Math.ceil(Math.min(...due) / 1000), Math.ceil(now / 1000) + leastSeconds);
}
