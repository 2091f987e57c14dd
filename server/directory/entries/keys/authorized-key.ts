import type { KeyOptions, PublicKey } from '../../../../schemas/types/common.ts';
import type { Validators } from '../../../../schemas/validation/validator.ts';
import type { Check } from '../entry-reader.ts';
import { parseKeyOptions } from './key-options.ts';
import { parsePublicKey } from './public-key.ts';

/** One line of authorized_keys(5). */
export interface AuthorizedKey {
  readonly key: PublicKey;
  readonly options: KeyOptions | undefined;
}

/** Options, a blank, and a key. Blanks stand in quoted values only. */
const withOptions = /^((?:[^" ]|"[^"]*")+) ((?:ssh-|ecdsa-|sk-)[^ ]* .*)$/s;
const keyFirst = /^(?:ssh-|ecdsa-|sk-)/;

/** A check of one line of authorized_keys(5), with options or without. */
export function authorizedKeyCheck(validators: Pick<Validators, 'common'>): Check<AuthorizedKey> {
  const validator = validators.common<KeyOptions>('keyOptions');
  return (text) => {
    const [, optionText, keyText] = keyFirst.test(text) ? [] : (withOptions.exec(text) ?? []);
    const key = parsePublicKey(keyText ?? text);
    if (key.kind === 'refused') return key;
    if (optionText === undefined) return { kind: 'ok', value: { key: key.value, options: undefined } };
    const options = parseKeyOptions(optionText, validator);
    if (options.kind === 'refused') return options;
    return { kind: 'ok', value: { key: key.value, options: options.value } };
  };
}
