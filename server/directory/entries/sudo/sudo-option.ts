import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { Validators } from '../../../../schemas/validation/validator.ts';
import { byDefinition, byValidator, type Check, type Checked, refused } from '../entry-reader.ts';

export type SudoTag = NonNullable<SudoRule['tags']>[number];

/** Fields of a rule that one sudoOption sets. */
export type SudoSettings = Pick<
  SudoRule,
  'timeoutSeconds' | 'chroot' | 'cwd' | 'selinuxRole' | 'selinuxType'
>;

/** What one sudoOption stands for: a tag of the command, or a setting of the rule. */
export type SudoOption =
  | { readonly kind: 'tag'; readonly tag: SudoTag }
  | { readonly kind: 'setting'; readonly setting: SudoSettings };

/** Options that sudoers(5) can say as a tag of one command, as `cvtsudoers` turns them: set, and negated. */
const tags: Readonly<Record<string, readonly [SudoTag, SudoTag]>> = {
  authenticate: ['PASSWD', 'NOPASSWD'],
  setenv: ['SETENV', 'NOSETENV'],
  noexec: ['NOEXEC', 'EXEC'],
  intercept: ['INTERCEPT', 'NOINTERCEPT'],
  log_input: ['LOG_INPUT', 'NOLOG_INPUT'],
  log_output: ['LOG_OUTPUT', 'NOLOG_OUTPUT'],
  mail_all_cmnds: ['MAIL', 'NOMAIL'],
  mail_always: ['MAIL', 'NOMAIL'],
  mail_no_perms: ['MAIL', 'NOMAIL'],
  sudoedit_follow: ['FOLLOW', 'NOFOLLOW'],
};
const secondsPer = [86_400, 3600, 60, 1] as const;
const longestTimeout = 31_536_000;

/**
 * The check of a sudoOption. What it takes is a tag, or `NAME=VALUE` for one of the options that sudoers(5) can give
 * to one command (`TIMEOUT=`, `CHROOT=`, `CWD=`, `ROLE=`, `TYPE=`). Any other option changes how sudo works as a whole,
 * and leaving it out could give more rights than the role does: it is refused, and the role with it.
 */
export function sudoOptionCheck(validators: Pick<Validators, 'common'>): Check<SudoOption> {
  const path = byDefinition(validators.common<string>('absolutePath'));
  const rule = validators.common<SudoRule>('sudoRule');
  const harmless: SudoRule = { role: 'option', users: ['#1'], commands: [{ command: 'ALL' }] };

  function setting<T>(checked: Checked<T>, of: (value: T) => SudoSettings): Checked<SudoOption> {
    return checked.kind === 'refused'
      ? checked
      : { kind: 'ok', value: { kind: 'setting', setting: of(checked.value) } };
  }
  /** Settings whose form only the whole rule's schema knows. */
  function byRule(settings: SudoSettings): Checked<SudoOption> {
    return setting(byValidator(rule, { ...harmless, ...settings }), () => settings);
  }
  const settings: Readonly<Record<string, Check<SudoOption>>> = {
    command_timeout: (text) => setting(parseTimeout(text), (timeoutSeconds) => ({ timeoutSeconds })),
    runchroot: (text) => setting(path(text), (chroot) => ({ chroot })),
    runcwd: (text) => setting(path(text), (cwd) => ({ cwd })),
    role: (text) => byRule({ selinuxRole: text }),
    type: (text) => byRule({ selinuxType: text }),
  };

  return (text) => {
    const [, name = '', given] = /^([a-z_]+) *= *(.*)$/s.exec(text) ?? [];
    const check = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (check !== undefined && given !== undefined) return check(unquoted(given));
    const negated = text.startsWith('!');
    const flag = negated ? text.slice(1) : text;
    const pair = Object.hasOwn(tags, flag) ? tags[flag] : undefined;
    if (pair !== undefined) return { kind: 'ok', value: { kind: 'tag', tag: pair[negated ? 1 : 0] } };
    return refused(
      'is an option that cannot be given to one rule',
      `use one of ${Object.keys(tags).join(', ')}, each possibly with !, or ${Object.keys(settings).join(', ')} with a value, or move the rule to a policy file`,
    );
  };
}

/** Both of a pair cannot hold. */
export function findConflict(given: readonly SudoTag[]): readonly SudoTag[] | undefined {
  return Object.values(tags).find((pair) => pair.every((tag) => given.includes(tag)));
}

/**
 * The settings together; or the name of one that has several values, of which sudo would take whichever the server
 * gives last.
 */
export function mergeSettings(
  given: readonly SudoSettings[],
): { readonly settings: SudoSettings } | { readonly conflict: string } {
  const merged = new Map<string, string | number>();
  for (const [name, value] of given.flatMap((settings) => Object.entries(settings))) {
    if (merged.has(name) && merged.get(name) !== value) return { conflict: name };
    merged.set(name, value);
  }
  return { settings: Object.fromEntries([...merged].sort(([one], [other]) => (one < other ? -1 : 1))) };
}

/** Values may stand in quotes (sudoers.ldap(5)). */
function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

/** Seconds, or `1d2h3m4s` with some of them (sudoers(5), timeout). */
export function parseTimeout(text: string): Checked<number> {
  const parts = /^(?:(\d{1,8})d)?(?:(\d{1,8})h)?(?:(\d{1,8})m)?(?:(\d{1,8})s?)?$/i.exec(text)?.slice(1);
  const seconds = secondsPer.reduce((sum, unit, index) => sum + unit * Number(parts?.[index] ?? 0), 0);
  if (seconds >= 1 && seconds <= longestTimeout) return { kind: 'ok', value: seconds };
  return refused('is not a time from one second to a year', 'write it in seconds, or as 1h30m');
}
