import { isIP } from 'node:net';
import { type KeyOptionFlag, keyOptionFlags } from '../../../../schemas/key-options/flags.ts';
import type { KeyOptions } from '../../../../schemas/types/common.ts';
import { isCidr, type Validator } from '../../../../schemas/validation/validator.ts';
import { byValidator, type Checked, refused } from '../entry-reader.ts';
import { parseGeneralizedTime } from '../sudo/generalized-time.ts';

/** Flags by their names in lower case: sshd does not mind case. */
const flags: ReadonlyMap<string, KeyOptionFlag> = new Map(
  keyOptionFlags.map((flag) => [flag.toLowerCase(), flag]),
);
/** Options of sshd(8) that give something, or of which the value cannot be judged. */
const untakenOptions: ReadonlySet<string> = new Set([
  'cert-authority',
  'environment',
  'no-touch-required',
  'permitlisten',
  'permitopen',
  'principals',
  'tunnel',
  'verify-required',
]);
const option = /^([A-Za-z0-9-]{1,64})(?:="([^"\\]*)")?(,|$)/;
const known = 'keep restrict, no-…, from, command and expiry-time only';

/**
 * Parses the options of one line of authorized_keys(5), the text before the blank that ends them. Whatever sshd could read
 * otherwise, such as an escape in a value or an option given twice, is refused.
 */
export function parseKeyOptions(text: string, validator: Validator<KeyOptions>): Checked<KeyOptions> {
  const given: KeyOptionFlag[] = [];
  const values = new Map<string, string>();
  for (let rest = text; rest !== ''; ) {
    const [match = '', name = '', value, end] = option.exec(rest) ?? [];
    if (match === '') return refused('has options that are not well-formed', known);
    const key = name.toLowerCase();
    const flag = flags.get(key);
    if (untakenOptions.has(key)) return refused(`has the option ${key}, which is not taken`, known);
    if (flag === undefined ? !['from', 'command', 'expiry-time'].includes(key) : value !== undefined) {
      return refused('has an option that is not known', known);
    }
    if (flag === undefined) {
      if (value === undefined || values.has(key)) {
        return refused(`has the option ${key} without a value, or twice`, 'give it once, with a value');
      }
      values.set(key, value);
    } else {
      if (given.includes(opposite(flag))) return refused('has options that contradict', 'keep one of them');
      // sshd takes one after the other: what comes before restrict gives nothing back.
      if (isGiving(flag) && !given.includes('restrict')) {
        return refused('has options that give back what restrict did not take', 'put restrict first');
      }
      if (!given.includes(flag)) given.push(flag);
    }
    rest = rest.slice(match.length);
    if (end === ',' && rest === '') return refused('has options that are not well-formed', known);
  }
  return assemble(given, values, validator);
}

function assemble(
  given: readonly KeyOptionFlag[],
  values: ReadonlyMap<string, string>,
  validator: Validator<KeyOptions>,
): Checked<KeyOptions> {
  const command = values.get('command');
  const from = values.get('from')?.split(',');
  const expiry = values.get('expiry-time');
  const expiryTime = expiry === undefined ? undefined : parseExpiryTime(expiry);
  if (expiryTime?.kind === 'refused') return expiryTime;
  if (from !== undefined && !from.every(isOrigin)) {
    return refused('has a from that is no list of addresses, networks and patterns', 'correct it');
  }
  if (from?.every((origin) => origin.startsWith('!')) === true) {
    return refused('has a from that only takes away', 'name where the key may be used from');
  }
  const options: KeyOptions = {
    ...(given.length === 0 ? {} : { flags: inOrder(given) }),
    ...(from === undefined ? {} : { from: [...new Set(from)].sort() }),
    ...(command === undefined ? {} : { command }),
    ...(expiryTime === undefined ? {} : { expiryTime: expiryTime.value }),
  };
  const checked = byValidator(validator, options);
  if (checked.kind === 'ok') return checked;
  return refused(
    'has a command or a from that is not plain',
    'give an absolute path and plain arguments, or at most 64 origins',
  );
}

/** `restrict` first, as it must stand; the others by name. */
function inOrder(given: readonly KeyOptionFlag[]): KeyOptionFlag[] {
  return given.toSorted((one, other) =>
    one === 'restrict' ? -1 : other === 'restrict' ? 1 : one < other ? -1 : 1,
  );
}

function isGiving(flag: KeyOptionFlag): boolean {
  return flag !== 'restrict' && !flag.startsWith('no-');
}

function opposite(flag: KeyOptionFlag): KeyOptionFlag {
  return flags.get((flag.startsWith('no-') ? flag.slice(3) : `no-${flag}`).toLowerCase()) ?? flag;
}

/** An address with a prefix length must be that of the network, else sshd finds the whole list at fault. */
function isOrigin(text: string): boolean {
  const origin = text.startsWith('!') ? text.slice(1) : text;
  if (origin.includes('/')) return isCidr(origin);
  // A colon is of an IPv6 address, or of a pattern of such.
  return !origin.includes(':') || isIP(origin) === 6 || /[*?]/.test(origin);
}

/** YYYYMMDD or YYYYMMDDHHMM[SS], here always with Z: without it each guest would take its own time zone. */
function parseExpiryTime(text: string): Checked<string> {
  const [, day, time = '', zone] = /^(\d{8})(\d{4}(?:\d{2})?)?(Z?)$/.exec(text) ?? [];
  const remedy = 'write it as YYYYMMDDZ or YYYYMMDDHHMMSSZ, in UTC';
  if (day === undefined) return refused('has an expiry-time that is no time', remedy);
  if (zone !== 'Z') return refused('has an expiry-time in the time zone of each guest', remedy);
  const parsed = parseGeneralizedTime(`${day}${time.padEnd(6, '0')}Z`);
  return parsed.kind === 'ok'
    ? parsed
    : refused('has an expiry-time that is no date of the calendar', remedy);
}
