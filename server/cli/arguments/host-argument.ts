import { InvalidArgumentError } from 'commander';

/** `label` in `schemas/v1/common.json`. */
const label = /^(?!ALL$)(?!.*\.\.)[A-Za-z0-9]([A-Za-z0-9._:/@=+-]{0,126}[A-Za-z0-9])?$/;

/** HOST on the command line. Fails with a usage error on what cannot be a hypervisor's name. */
export function parseHost(text: string): string {
  if (label.test(text)) return text;
  throw new InvalidArgumentError('It is not the name of a hypervisor (letters, digits, . _ : / @ = + -).');
}
