import type { SudoDefault } from '../types/common.ts';
import { plainVariables, sudoDefaultOptions } from './options.ts';

const variable = /^[A-Za-z_][A-Za-z0-9_]{0,63}\*?$/;

/** Names of variables in the value of a list option. */
export function variablesOf(value: string): readonly string[] {
  return value.split(' ');
}

/** Why a setting cannot stand on a `Defaults` line; `undefined` if it can. The value is never repeated. */
export function formProblem({ option, negated, operator, value }: SudoDefault): string | undefined {
  const known = optionOf(option);
  if (known === undefined) return 'is not an option that is taken';
  if (negated === true) {
    if (value !== undefined || operator !== undefined) return 'is negated and has a value';
    if (known.kind === 'value' && known.negated === undefined) return 'cannot be negated';
    return undefined;
  }
  if (known.kind === 'flag') {
    return value === undefined && operator === undefined ? undefined : 'takes no value';
  }
  if (value === undefined) return 'needs a value';
  if (known.kind === 'value') {
    if (operator !== undefined) return 'is no list';
    return known.value.test(value) ? undefined : 'has a value that is not taken';
  }
  const names = variablesOf(value);
  if (!names.every((name) => variable.test(name))) return 'has a value that is no list of variables';
  return new Set(names).size === names.length ? undefined : 'names a variable twice';
}

/**
 * What policy has to allow for a setting of good form: nothing for one that only tightens, `option` or `!option` for one
 * that loosens, `option:VARIABLE` for a variable that is more than plain.
 */
export function permitsFor({ option, negated, operator, value = '' }: SudoDefault): readonly string[] {
  const known = optionOf(option);
  if (known === undefined) return [];
  if (known.kind === 'flag') {
    if (known.loosens === 'never' || (known.loosens === 'negated') !== (negated === true)) return [];
    return [negated === true ? `!${option}` : option];
  }
  if (negated === true) return known.negated === 'loosens' ? [`!${option}`] : [];
  if (known.kind === 'value') return known.unasked?.test(value) === false ? [option] : [];
  const whole = operator !== '+=' && known.loosening.includes(operator ?? '=') ? [option] : [];
  if (!known.plainOnly || operator === '-=') return whole;
  const named = variablesOf(value).filter((name) => !plainVariables.test(name));
  return [...whole, ...named.map((name) => `${option}:${name}`)];
}

/** Everything that {@link permitsFor} may ask for, but for single variables. */
export function knownPermits(): readonly string[] {
  return Object.entries(sudoDefaultOptions).flatMap(([option, known]) => {
    if (known.kind === 'flag') {
      return known.loosens === 'never' ? [] : [known.loosens === 'set' ? option : `!${option}`];
    }
    const set = known.kind === 'value' ? known.unasked !== undefined : known.loosening.length > 0;
    return [...(set ? [option] : []), ...(known.negated === 'loosens' ? [`!${option}`] : [])];
  });
}

function optionOf(name: string): (typeof sudoDefaultOptions)[string] | undefined {
  return Object.prototype.hasOwnProperty.call(sudoDefaultOptions, name)
    ? sudoDefaultOptions[name]
    : undefined;
}
