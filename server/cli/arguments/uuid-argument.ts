import { InvalidArgumentError } from 'commander';

/** A UUID on the command line, in lower case. Fails with a usage error on anything else. */
export function parseUuid(text: string): string {
  const lower = text.toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) return lower;
  throw new InvalidArgumentError('It is no UUID.');
}
