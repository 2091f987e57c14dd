import type { PublicKey } from '../../../schemas/types/common.ts';
import type { BreakGlassAccount } from '../../../schemas/types/policy.ts';
import type { Checked } from '../../directory/entries/entry-reader.ts';
import { parsePublicKey } from '../../directory/entries/keys/public-key.ts';
import { createPosixChecks } from '../../directory/entries/posix-checks.ts';
import type { Complain, PolicyChecks } from './parse-policy.ts';

/**
 * Keys of the break-glass accounts. Accounts pass what accounts of the directory pass, and two of different names have
 * nothing in common: both may be on one guest.
 */
export function parseBreakGlassKeys(
  accounts: readonly BreakGlassAccount[],
  { validators, minimumUid }: PolicyChecks,
  complain: Complain,
): readonly (readonly PublicKey[])[] {
  const posix = createPosixChecks(validators, minimumUid);
  return accounts.map((account, index) => {
    const pointer = `/breakGlass/${index}`;
    const refuse = (field: string, checked: Checked<unknown>): void => {
      if (checked.kind === 'refused') complain(`${pointer}/${field}`, checked.message, checked.remedy);
    };
    const name = posix.accountName(account.name);
    refuse('name', name.kind === 'ok' ? posix.groupName(account.name) : name);
    refuse('uid', posix.personalId(String(account.uid)));
    refuse('gid', posix.personalId(String(account.gid)));
    refuse('home', posix.home(account.home));
    for (const other of accounts.slice(0, index)) refuseShared(account, other, pointer, complain);
    const keys = new Map<string, PublicKey>();
    for (const [place, line] of account.keys.entries()) {
      const checked = parsePublicKey(line);
      refuse(`keys/${place}`, checked);
      if (checked.kind !== 'ok') continue;
      if (keys.has(checked.value.key))
        complain(`${pointer}/keys/${place}`, 'stands twice in the list', 'keep one');
      keys.set(checked.value.key, checked.value);
    }
    return [...keys.values()];
  });
}

function refuseShared(
  account: BreakGlassAccount,
  other: BreakGlassAccount,
  pointer: string,
  complain: Complain,
): void {
  if (account.name === other.name) return;
  const shared = (['uid', 'gid'] as const).filter((field) => account[field] === other[field]);
  for (const field of shared) {
    complain(`${pointer}/${field}`, `is that of break-glass account ${other.name} too`, 'give each its own');
  }
  if (`${account.home}/`.startsWith(`${other.home}/`) || `${other.home}/`.startsWith(`${account.home}/`)) {
    complain(
      `${pointer}/home`,
      `and the home of break-glass account ${other.name} are not apart`,
      'give each its own',
    );
  }
}
