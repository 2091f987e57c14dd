import { InvalidArgumentError } from 'commander';

/** A UUID or a name as `instanceName` in `schemas/v1/common.json` allows it: safe as a segment of a URL. */
const instanceName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** INSTANCE on the command line. Fails with a usage error on what cannot be a UUID or name. */
export function parseInstance(text: string): string {
  if (instanceName.test(text)) return text;
  throw new InvalidArgumentError(
    'It is neither a UUID nor a name (letters, digits, dot, underscore, hyphen).',
  );
}

/** INSTANCE… on the command line: commander calls it once for each. */
export function collectInstances(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), parseInstance(text)];
}
