import type { Machine } from '../../plan/machine.ts';
import type { Ownership } from '../../plan/ownership.ts';
import { emptyPlan, type ResourcePlan } from '../../plan/plan.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { homeOf, planHomeKeys } from './home-keys.ts';
import type { KeyHolders } from './keys.ts';

/**
 * Keys on a guest without OpenSSH's server. dropbear reads what is in the homes and knows no other place, so that keys
 * which are to be the only ones cannot be that: they are not written.
 */
export function planWithoutSshd(
  { accounts, leavers }: KeyHolders,
  owned: Ownership,
  machine: Machine,
): ResourcePlan {
  const files = reconcileFiles('keys', [], owned.files, machine.files);
  const plan = { ...emptyPlan('keys'), ...files };
  const isExclusive = ({ exclusiveKeys }: (typeof accounts)[number]): boolean => exclusiveKeys === true;
  const hasDropbear = machine.program('dropbear') !== undefined;
  const inside = hasDropbear ? accounts.filter((account) => !isExclusive(account)) : [];
  const outside = accounts.filter((account) => !inside.includes(account)).map(homeOf);
  const homes = planHomeKeys(inside, [...outside, ...leavers], owned.accounts, 'unknown', machine.files);
  const withHomes = { ...plan, changes: [...plan.changes, ...homes.changes], inHomes: homes.inHomes };
  if (hasDropbear) {
    const problems = accounts
      .filter(isExclusive)
      .map(({ name }) => `keys of ${name}: dropbear would take others beside them; install OpenSSH's server`);
    return { ...withHomes, problems };
  }
  return accounts.some((account) => account.keys.length > 0)
    ? { ...withHomes, skipped: 'sshd is not installed: keys will be written once it is' }
    : withHomes;
}
