import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { Ending } from './endings.ts';

/** The parts of a guest configuration that make something fall due by itself. */
type Scheduled = Pick<GuestConfiguration, 'accounts'>;

/**
 * The next moment at which this machine has to be looked at without any new drive: an account's validity ends, or the
 * sessions of one that is out are to end. A run that begins at that millisecond or later does it; one before does not, so
 * a timer rounds up.
 *
 * @param record what `ending.json` holds after the last run.
 * @param guest the configuration that was applied last.
 * @returns milliseconds since 1970-01-01 UTC, after `now`; `undefined` if nothing will fall due.
 */
export function nextDue(record: readonly Ending[], guest: Scheduled, now: number): number | undefined {
  const moments = [
    ...record.map(({ at }) => at),
    ...guest.accounts.flatMap((account) => validityEnd(account) ?? []),
  ].filter((moment) => moment > now);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** Whether an account's validity has ended: from then on it counts as one that policy does not give. */
export function hasExpired(account: GuestConfiguration['accounts'][number], now: number): boolean {
  const end = validityEnd(account);
  return end !== undefined && end <= now;
}

/** A break-glass account stays usable, whatever its `notAfter` says. */
function validityEnd({ notAfter, breakGlass }: GuestConfiguration['accounts'][number]): number | undefined {
  return notAfter === undefined || breakGlass === true ? undefined : Date.parse(notAfter);
}
