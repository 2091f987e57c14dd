import { guard, RefusedValue } from '../rendering/guard.ts';
import { formProblem } from '../sudo-defaults/settings.ts';
import type { SudoDefault } from '../types/common.ts';

/**
 * One `Defaults` line of sudoers(5) a setting, in the order given. A value always stands in quotes; nothing that quotes do
 * not hold gets into it.
 */
export function renderDefaults(defaults: readonly SudoDefault[]): string {
  return defaults.map((setting) => `Defaults ${renderSetting(setting)}\n`).join('');
}

function renderSetting(setting: SudoDefault): string {
  const { option, negated, operator, value } = setting;
  const name = guard('sudo.defaults[].option', option, /^[a-z][a-z0-9_]{0,63}$/);
  const problem = formProblem(setting);
  if (problem !== undefined) {
    throw new RefusedValue(`sudo.defaults[]: ${name} ${problem}: correct it at its source`);
  }
  if (negated === true) return `!${name}`;
  if (value === undefined) return name;
  const text = guard('sudo.defaults[].value', value, /^[ !#-[\]-~]{1,1024}$/);
  return `${name}${guard('sudo.defaults[].operator', operator ?? '=', /^[+-]?=$/)}"${text}"`;
}
