import type { SudoCommand } from '../../../../schemas/types/common.ts';
import type { Validator } from '../../../../schemas/validation/validator.ts';
import { byValidator, type Check, refused } from '../entry-reader.ts';

const digestBytes: Readonly<Record<string, number>> = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 };
const digestPrefix = /^(sha224|sha256|sha384|sha512):([A-Za-z0-9+/=]{1,200})(, ?| )/;

/**
 * Parses a sudoCommand (sudoers.ldap(5)): `!` first, digests (hexadecimal or base64) before the command, then
 * `ALL`, `sudoedit` or an absolute path, then arguments as one text; `""` stands for no arguments at all.
 */
export function sudoCommandCheck(validator: Validator<SudoCommand>): Check<SudoCommand> {
  return (text) => {
    const negated = text.startsWith('!');
    let rest = negated ? text.slice(1) : text;
    const digests: string[] = [];
    for (let more = true; more; ) {
      const [prefix, algorithm = '', encoded = '', separator = ''] = digestPrefix.exec(rest) ?? [];
      if (prefix === undefined) {
        if (digests.length > 0)
          return refused('ends in a comma after a digest', 'correct the list of digests');
        break;
      }
      const digest = decodeDigest(encoded, digestBytes[algorithm] ?? 0);
      if (digest === undefined)
        return refused('has a digest that is not one', `give a ${algorithm} in hexadecimal`);
      digests.push(`${algorithm}:${digest}`);
      rest = rest.slice(prefix.length);
      more = separator.startsWith(',');
    }
    const blank = rest.indexOf(' ');
    const command = blank < 0 ? rest : rest.slice(0, blank);
    const given = blank < 0 ? undefined : rest.slice(blank + 1);
    const reason = whyNot(command, given, digests.length);
    if (reason !== undefined)
      return refused(reason, 'correct the command, or move the rule to a policy file');
    const value: SudoCommand = {
      command,
      ...(given === undefined ? {} : { arguments: given === '""' ? '' : given }),
      ...(negated ? { negated } : {}),
      ...(digests.length > 0 ? { digests } : {}),
    };
    return byValidator(validator, value);
  };
}

function whyNot(command: string, given: string | undefined, digests: number): string | undefined {
  if (command === '') return 'is empty or begins with a blank';
  if (command === 'ALL' && (given !== undefined || digests > 0)) return 'is ALL with arguments or a digest';
  if (given === undefined) return undefined;
  if (command.endsWith('/')) return 'is a folder with arguments';
  if (given === '' || given !== given.trim() || given.includes('  ')) return 'has blanks that mean nothing';
  if (given.startsWith('^')) return 'has a regular expression for arguments';
  if (given !== '""' && given.includes('""')) return 'has `""` among other arguments';
  return undefined;
}

function decodeDigest(encoded: string, bytes: number): string | undefined {
  if (/^[0-9a-fA-F]+$/.test(encoded) && encoded.length === bytes * 2) return encoded.toLowerCase();
  const decoded = Buffer.from(encoded, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === encoded
    ? decoded.toString('hex')
    : undefined;
}
