import type { KeyOptions } from '../../../../schemas/types/common.ts';
import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';

/**
 * How the guest's sshd takes `expiry-time`: in UTC since OpenSSH 9.1, in the machine's own time since 7.7; before that, or
 * in dropbear, it is an unknown option, for which the key is refused at any time.
 */
export type ExpiryForm = 'utc' | 'local' | 'unknown';

const deadlineMs = 5_000;

/** Asks sshd for its version, where any key of these accounts ends some day; UTC where none does. */
export function expiryForm(
  sshd: string | undefined,
  accounts: readonly GuestAccount[],
  machine: Machine,
): ExpiryForm {
  const ends = accounts.some(
    (account) =>
      endOf(account) !== undefined || account.keys.some(({ options }) => options?.expiryTime !== undefined),
  );
  if (!ends) return 'utc';
  if (sshd === undefined) return 'unknown';
  // An older one does not know -V and prints its version with its usage.
  const { output } = machine.ask([sshd, '-V'], deadlineMs);
  const [, major, minor] = /OpenSSH_(?:for_\w+_)?([0-9]{1,3})\.([0-9]{1,3})/.exec(output) ?? [];
  const version = Number(major) * 1000 + Number(minor);
  // Of one that does not tell: what all of them understand.
  if (Number.isNaN(version)) return 'local';
  return version >= 9_001 ? 'utc' : version >= 7_007 ? 'local' : 'unknown';
}

/**
 * Options of a key of an account, none of which outlives it: sshd refuses the key at the minute, whether or not the agent
 * can run then. Where sshd does not know how, the account's end is left to the agent alone; a key's own end never is.
 */
export function optionsWithin(
  options: KeyOptions | undefined,
  account: GuestAccount,
  form: ExpiryForm,
): KeyOptions | undefined {
  const end = form === 'unknown' ? undefined : endOf(account);
  if (end === undefined) return options;
  const own = options?.expiryTime;
  const first = own !== undefined && Date.parse(own) <= Date.parse(end) ? own : `${end.slice(0, 19)}Z`;
  return { ...options, expiryTime: first };
}

function endOf({ notAfter, breakGlass }: GuestAccount): string | undefined {
  return breakGlass === true ? undefined : notAfter;
}
