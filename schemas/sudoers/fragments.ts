import { accountName, guard } from '../rendering/guard.ts';
import type { SudoDefault, SudoRule } from '../types/common.ts';
import type { GuestConfiguration } from '../types/guest-configuration.ts';
import { renderDefaults } from './defaults.ts';
import { renderRule } from './rule.ts';

/** Folder of fragments, read by name; one with a dot in it or a tilde at its end is not. */
export const fragmentFolder = '/etc/sudoers.d';

/** File of the rules of everybody, in the folder. */
export const ordinaryName = 'ubugi';

/** File of the break-glass accounts, read after all others: no rule and no option in another takes anything away. */
export const breakGlassName = 'zz-ubugi-break-glass';

/** Sudo rules by the file that they stand in. */
export interface DividedRules {
  readonly ordinary: readonly SudoRule[];
  /** Rules of break-glass accounts alone, from the end of the list: moving them behind others changes nothing. */
  readonly breakGlass: readonly SudoRule[];
}

/** Divides rules so that their order, in which the last match wins, stays what it is. */
export function divideRules({ accounts, sudo }: Pick<GuestConfiguration, 'accounts' | 'sudo'>): DividedRules {
  const names = new Set(accounts.filter(({ breakGlass }) => breakGlass === true).map(({ name }) => name));
  const isOther = ({ users }: SudoRule): boolean => users.length !== 1 || !names.has(users[0] ?? '');
  let first = sudo.rules.length;
  for (let at = first - 1; at >= 0; at--) {
    const rule = sudo.rules[at];
    if (rule === undefined || isOther(rule)) break;
    first = at;
  }
  return { ordinary: sudo.rules.slice(0, first), breakGlass: sudo.rules.slice(first) };
}

/**
 * The file of the break-glass accounts. Options that somebody set for everybody and that would take a shell or a command
 * away do not hold for them.
 */
export function renderBreakGlass(rules: readonly SudoRule[]): string {
  const names = [...new Set(rules.flatMap(({ users }) => users))];
  const settings = names.map(
    (name) =>
      `Defaults:${guard('accounts[].name', name, accountName)} !requiretty, !noexec, !command_timeout, ignore_iolog_errors\n`,
  );
  return `# Written by Ubugi: break-glass accounts, read last. Changes made here are lost.\n${settings.join('')}${rules
    .map(renderRule)
    .join('')}`;
}

/** The whole file of everybody else: settings first, then rules in their order. */
export function renderSudoers(rules: readonly SudoRule[], defaults: readonly SudoDefault[] = []): string {
  return `# Written by Ubugi from the directory and the policy. Changes made here are lost.\n${renderDefaults(
    defaults,
  )}${rules.map(renderRule).join('')}`;
}
