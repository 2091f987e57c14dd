import { InvalidArgumentError } from 'commander';

/** A word as the audit trail has actions and actors: printable ASCII without blanks. */
export function parseWord(text: string): string {
  if (/^[!-~]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError('Give one word, as `ubugi audit` shows it.');
}
