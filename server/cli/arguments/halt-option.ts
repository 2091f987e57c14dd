import { InvalidArgumentError } from 'commander';

/** Failures that halt a rollout: `3`, or their share, `5%`. */
export function parseHaltAfter(text: string): string {
  if (/^([1-9]\d{0,5}|\d{1,2}%|100%)$/.test(text)) return text;
  throw new InvalidArgumentError('Give a number of failures such as 3, or a share of them such as 5%.');
}
