import { InvalidArgumentError } from 'commander';

/** A number of a generation, from 1. */
export function parseGeneration(text: string): number {
  return wholeNumber(text, 1, 2_147_483_647);
}

/** How many rows to show. */
export function parseLimit(text: string): number {
  return wholeNumber(text, 1, 1_000_000_000);
}

/** Seconds of a deadline, up to a day. */
export function parseSeconds(text: string): number {
  return wholeNumber(text, 1, 86_400);
}

/** Minutes that a join token waits, up to a week. */
export function parseMinutes(text: string): number {
  return wholeNumber(text, 1, 10_080);
}

function wholeNumber(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
}
