import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import { absolutePath, accountName, guard, guardInteger } from '../../rendering/guard.ts';

/** Fields of passwd(5). */
export function passwdEntry(account: GuestAccount): readonly string[] {
  return [
    guard('accounts[].name', account.name, accountName),
    'x',
    guardInteger('accounts[].uid', account.uid, 1, 4294967293),
    guardInteger('accounts[].gid', account.gid, 1, 4294967293),
    guard('accounts[].gecos', account.gecos, /^[^:,\u0000-\u001f\u007f-\u009f\u2028\u2029]{0,127}$/),
    guard('accounts[].home', account.home, absolutePath),
    guard('accounts[].shell', account.shell, absolutePath),
  ];
}

/**
 * Fields of shadow(5) of a key-only account: `*`, no ageing, expiry day. A password that somebody gave the account is
 * taken away; `!` would make sshd refuse the account as locked.
 *
 * @param today days since 1970-01-01; the last change of a new entry, never 0, which would ask for a new password.
 */
export function shadowEntry(
  name: string,
  current: readonly string[] | undefined,
  today: number,
  expires: number | undefined,
): readonly string[] {
  const changed = current?.[2] ?? '';
  const lastChange = /^[1-9][0-9]*$/.test(changed) ? changed : String(Math.max(1, today));
  return [name, '*', lastChange, '0', '99999', '7', '', expires === undefined ? '' : String(expires), ''];
}

/**
 * Entries of an account that is revoked: `!*`, expired since 1970-01-02, no login shell.
 *
 * @param nologin path of the shell that lets nobody in.
 */
export function expiredEntry(
  passwd: readonly string[],
  shadow: readonly string[] | undefined,
  nologin: string,
): { readonly passwd: readonly string[]; readonly shadow: readonly string[] } {
  const name = passwd[0] ?? '';
  return {
    passwd: [...passwd.slice(0, 6), nologin],
    shadow: [name, '!*', shadow?.[2] ?? '', '0', '99999', '7', '', '1', ''],
  };
}

/**
 * Day on which shadow(5) expires an account. It knows whole days only: the first day that begins at or after the end of
 * the validity. The minute itself is kept by sshd and by the agent, for which an account is no longer given from then on.
 */
export function expiryDay(notAfter: string | undefined): number | undefined {
  return notAfter === undefined ? undefined : Math.max(1, Math.ceil(Date.parse(notAfter) / 86_400_000));
}
