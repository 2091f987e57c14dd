import { sudoDefaultOptions } from '../../../../schemas/sudo-defaults/options.ts';
import { formProblem, variablesOf } from '../../../../schemas/sudo-defaults/settings.ts';
import type { SudoDefault } from '../../../../schemas/types/common.ts';
import type { Validator } from '../../../../schemas/validation/validator.ts';
import type { DirectorySudoDefaults } from '../../directory.ts';
import { byValidator, type Check, type EntryReader, refused } from '../entry-reader.ts';
import { readLastChange } from '../last-change.ts';
import { parseTimeout } from './sudo-option.ts';

/** Settings that one guest takes at most. */
const mostSettings = 500;
const form = /^(!?) *([a-z][a-z0-9_]{0,63})(?: *([+-]?=) *(.*))?$/s;

/** Whether an entry is the one of options for every rule. sudo finds it without regard to case. */
export function isSudoDefaults(reader: EntryReader): boolean {
  return reader.texts('cn').some((name) => name.toLowerCase() === 'defaults');
}

/** The check of one sudoOption of `cn=defaults`: the form that sudoers.ldap(5) gives it, and the allow-list. */
export function sudoDefaultCheck(validator: Validator<SudoDefault>): Check<SudoDefault> {
  return (text) => {
    const [, negation, option = '', operator, given] = form.exec(text) ?? [];
    if (!Object.hasOwn(sudoDefaultOptions, option)) {
      return refused(
        'is no option that is taken from a directory',
        'remove it, or set it in a sudoers file of the image; docs/directory.md lists those that are taken',
      );
    }
    const setting = {
      option,
      ...(negation === '!' ? { negated: true } : {}),
      ...(operator === undefined || operator === '=' ? {} : { operator }),
      ...(given === undefined ? {} : { value: normalized(option, unquoted(given)) }),
    } as SudoDefault;
    const problem = formProblem(setting);
    if (problem !== undefined) return refused(`is ${option}, which ${problem}`, 'correct it');
    return byValidator(validator, setting);
  };
}

/**
 * What `cn=defaults` sets. An option that is refused is left out and named; the others hold. Of an option that is given in
 * ways that contradict none is taken: sudo would take whichever the server gives last.
 */
export function readSudoDefaults(
  reader: EntryReader,
  check: Check<SudoDefault>,
): DirectorySudoDefaults | undefined {
  reader.refuseOptions(['sudoOption']);
  if (reader.problems.length > 0) return undefined;
  const given = new Map<string, SudoDefault>();
  for (const setting of reader.many('sudoOption', check, mostSettings))
    given.set(JSON.stringify(setting), setting);
  const settings = [...given.values()].filter((setting) => isWhole(setting));
  const contradicted = new Set(
    settings
      .filter(({ option }, at) => settings.findIndex((one) => one.option === option) !== at)
      .map(({ option }) => option),
  );
  for (const option of contradicted) {
    reader.refuse('sudoOption', `sets ${option} in several ways, of which none is taken`, 'keep one of them');
  }
  const kept = [...given.values()].filter(
    (setting) => !(isWhole(setting) && contradicted.has(setting.option)),
  );
  return { dn: reader.dn, name: 'defaults', settings: kept.sort(inOrder), ...readLastChange(reader) };
}

/** Sets the option anew, rather than adding to a list or taking from it. */
function isWhole({ operator }: SudoDefault): boolean {
  return operator === undefined;
}

/** By option; of a list the whole first, then what is added, then what is taken away and so is away. */
function inOrder(one: SudoDefault, other: SudoDefault): number {
  const place = { whole: 0, '+=': 1, '-=': 2 } as const;
  const key = ({ option, operator, value = '' }: SudoDefault): string =>
    `${option} ${place[operator ?? 'whole']} ${value}`;
  return key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0;
}

/** Lists in one order, and times in seconds. */
function normalized(option: string, text: string): string {
  const kind = sudoDefaultOptions[option]?.kind;
  if (kind === 'names')
    return [...new Set(variablesOf(text.trim().replaceAll(/[ \t]+/g, ' ')))].sort().join(' ');
  if (option !== 'command_timeout') return text;
  const seconds = parseTimeout(text);
  return seconds.kind === 'ok' ? String(seconds.value) : '';
}

/** Values may stand in quotes (sudoers.ldap(5)). */
function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text.trimEnd())?.[1] ?? text.trimEnd();
}
