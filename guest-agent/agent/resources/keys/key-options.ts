import { keyOptionFlags } from '../../../../schemas/key-options/flags.ts';
import type { KeyOptions } from '../../../../schemas/types/common.ts';
import { isCidr, isDateTime } from '../../configuration/formats.ts';
import { PlanError } from '../../plan/plan.ts';
import { guard } from '../../rendering/guard.ts';
import type { ExpiryForm } from './key-validity.ts';

const flags: ReadonlySet<string> = new Set(keyOptionFlags);
const origin = /^!?([A-Za-z0-9*?:.][A-Za-z0-9*?:._-]{0,252}|[0-9a-fA-F:.]{2,45}\/[0-9]{1,3})$/;
// No quote and no backslash: nothing in it ends the value, and no shell takes any of it specially.
const command = /^(\/(?!\.{1,2}(\/| |$))[A-Za-z0-9._@+-]{1,255})+( [A-Za-z0-9._@%+=:,/-]{1,255})*$/;
const where = 'accounts[].keys[].options';

/**
 * Options in front of a key (sshd(8), AUTHORIZED_KEYS FILE FORMAT), with the blank that ends them; empty without any. An
 * option that cannot be rendered refuses the key: it must not come without it.
 *
 * @param form how the guest's sshd reads a time.
 */
export function renderKeyOptions(options: KeyOptions | undefined, form: ExpiryForm = 'utc'): string {
  if (options === undefined) return '';
  const rendered = [
    ...renderFlags(options.flags ?? []),
    ...(options.from === undefined ? [] : [`from="${renderOrigins(options.from)}"`]),
    ...(options.command === undefined ? [] : [`command="${renderCommand(options.command)}"`]),
    ...(options.expiryTime === undefined ? [] : [`expiry-time="${renderTime(options.expiryTime, form)}"`]),
  ];
  if (rendered.length === 0) throw refusal('', 'holds no option', 'leave it out');
  return `${rendered.join(',')} `;
}

/** sshd takes one after the other, so `restrict` stands first, and nothing is given back without it. */
function renderFlags(given: readonly string[]): readonly string[] {
  if (!given.every((flag) => flags.has(flag))) throw refusal('.flags', 'has an unknown option', 'remove it');
  const gives = given.filter((flag) => flag !== 'restrict' && !flag.startsWith('no-'));
  if (gives.length > 0 && !given.includes('restrict')) {
    throw refusal('.flags', 'gives back what restrict did not take', 'add restrict');
  }
  if (gives.some((flag) => given.includes(`no-${flag}`))) {
    throw refusal('.flags', 'gives and takes the same', 'keep one of the two');
  }
  return [...given.filter((flag) => flag === 'restrict'), ...given.filter((flag) => flag !== 'restrict')];
}

function renderOrigins(origins: readonly string[]): string {
  for (const value of origins) {
    guard(`${where}.from[]`, value, origin);
    const address = value.startsWith('!') ? value.slice(1) : value;
    if (address.includes('/') && !isCidr(address)) {
      throw refusal('.from[]', 'is no network', 'correct it at its source');
    }
  }
  if (origins.every((value) => value.startsWith('!'))) {
    throw refusal('.from', 'only takes away, so that the key is good for nothing', 'name an origin');
  }
  return origins.join(',');
}

function renderCommand(value: string): string {
  if (value.length > 1024) throw refusal('.command', 'is longer than 1024 characters', 'shorten it');
  return guard(`${where}.command`, value, command);
}

/** `20260102030405Z`; without the Z it is the guest's own time zone. */
function renderTime(value: string, form: ExpiryForm): string {
  guard(`${where}.expiryTime`, value, /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/);
  if (!isDateTime(value)) throw refusal('.expiryTime', 'is no date of the calendar', 'correct it');
  if (form !== 'local') return value.replaceAll(/[-T:]/g, '');
  const at = new Date(value);
  return [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .reduce((text, part) => text + part, String(at.getFullYear()));
}

function refusal(field: string, what: string, remedy: string): PlanError {
  return new PlanError(`${where}${field} ${what}: ${remedy}`);
}
