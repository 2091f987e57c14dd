import { guard, RefusedValue } from '../rendering/guard.ts';
import type { SudoCommand } from '../types/common.ts';

const path = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+*?-]{1,255})+\/?$/;
const digest = /^(sha224:[0-9a-f]{56}|sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** One command of sudoers(5) with its digests, its negation and its arguments. */
export function renderCommand(command: SudoCommand): string {
  const digests = (command.digests ?? []).map((value) =>
    guard('sudo.rules[].commands[].digests[]', value, digest),
  );
  const negation = command.negated === true ? '!' : '';
  const digestList = digests.length === 0 ? '' : `${digests.join(', ')} `;
  return `${digestList}${negation}${renderName(command.command)}${renderArguments(command)}`;
}

function renderName(command: string): string {
  if (command === 'ALL' || command === 'sudoedit') return command;
  return guard('sudo.rules[].commands[].command', command, path);
}

/** Nothing for any arguments, `""` for none at all, else the arguments escaped. */
function renderArguments({ command, arguments: text }: SudoCommand): string {
  if (text === undefined) return '';
  if (command === 'ALL' || command.endsWith('/')) {
    throw new RefusedValue('sudo.rules[].commands[].arguments cannot follow ALL or a folder: remove them');
  }
  if (text === '') return ' ""';
  guard('sudo.rules[].commands[].arguments', text, /^[ -~]{1,2048}$/);
  // `^…$` would be taken as a regular expression, and a lone `""` as "no arguments".
  if (text.startsWith('^') || text === '""') {
    throw new RefusedValue(
      'sudo.rules[].commands[].arguments must not be a regular expression or `""`: write them out',
    );
  }
  // A backslash, blanks and a line break join two lines (sudoers(5)): no escaped blank may end one.
  if (text.startsWith(' ') || text.endsWith(' ')) {
    throw new RefusedValue('sudo.rules[].commands[].arguments must not begin or end with a blank: cut it');
  }
  return ` ${escapeArguments(text)}`;
}

/**
 * Backslashes in front of what sudoers(5) treats specially in arguments. A single blank stands between two arguments as
 * it is; any other, which sudo would drop, is escaped. A backslash in front of a wildcard stays, it is part of fnmatch(3).
 */
export function escapeArguments(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    const lone = i > 0 && i < text.length - 1 && text.charAt(i - 1) !== ' ' && text.charAt(i + 1) !== ' ';
    if (character === '\\' && /[*?[\]!^]/.test(text.charAt(i + 1))) out += `\\${text.charAt(++i)}`;
    else if (/[,:=\\#]/.test(character) || (character === ' ' && !lone)) out += `\\${character}`;
    else out += character;
  }
  return out;
}
