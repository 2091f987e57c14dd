import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { InstanceId } from './identifiers.ts';

const millisecondsADay = 86_400_000;

/**
 * When the drive of a generation expires by policy (`driveDays`): so many days after the generation was made,
 * whenever its image is built. ISO 8601 in UTC; undefined if it never does.
 */
export function driveExpiry(
  { driveDays }: Pick<GuestConfiguration, 'driveDays'>,
  createdAt: string,
): string | undefined {
  return driveDays === undefined ? undefined : timeAfter(createdAt, driveDays);
}

/**
 * When a generation is to be followed by one of the same content, so that its drive does not expire while it is the
 * newest: once between half and two thirds of its days are over. Which of them hangs on the instance alone: thousands
 * that were made in one run are not renewed in one.
 */
export function driveRenewal(
  { driveDays }: Pick<GuestConfiguration, 'driveDays'>,
  createdAt: string,
  instance: InstanceId,
): string | undefined {
  if (driveDays === undefined) return undefined;
  // The last digits of a UUID are random in every version that is drawn, and count up in those made by hand.
  const share = Number.parseInt(instance.slice(-4), 16) / 0xffff;
  return timeAfter(createdAt, driveDays * (1 / 2 + share / 6));
}

function timeAfter(time: string, days: number): string {
  return new Date(Date.parse(time) + days * millisecondsADay).toISOString();
}
