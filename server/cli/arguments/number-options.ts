import { InvalidArgumentError } from 'commander';

/** A number of a generation, from 1. */
export function parseGeneration(text: string): number {
  return wholeNumber(text, 1, 2_147_483_647);
}

/** How many rows to show. */
export function parseLimit(text: string): number {
  return wholeNumber(text, 1, 1_000_000_000);
}

/** How many instances of a stage. */
export function parseStageSize(text: string): number {
  return wholeNumber(text, 1, 100_000);
}

/** How many instances of a canary. */
export function parseCanary(text: string): number {
  return wholeNumber(text, 1, 10_000);
}

/** Seconds of a deadline, up to a day. */
export function parseSeconds(text: string): number {
  return wholeNumber(text, 1, 86_400);
}

/** Hours, up to 30 days. */
export function parseHours(text: string): number {
  return wholeNumber(text, 1, 720);
}

/** Minutes of a migration grant, up to an hour. */
export function parseGrantMinutes(text: string): number {
  return wholeNumber(text, 1, 60);
}

/** Minutes that a join token waits, up to a week. */
export function parseJoinMinutes(text: string): number {
  return wholeNumber(text, 1, 10_080);
}

function wholeNumber(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
}
