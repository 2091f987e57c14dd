import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';

/**
 * A rule that ends when the last of the accounts that it names does, so that sudo itself refuses it from that moment on,
 * whether or not the agent can run then. One that names a group, a number or everybody is left to the agent.
 */
export function withinValidity(rule: SudoRule, accounts: readonly GuestAccount[]): SudoRule {
  const named = rule.users.filter((user) => !user.startsWith('!'));
  const ends = named.map((user) => {
    const account = accounts.find(({ name }) => name === user);
    return account === undefined || account.breakGlass === true ? undefined : account.notAfter;
  });
  const times = ends.flatMap((end) => (end === undefined ? [] : [Date.parse(end)]));
  const last = Math.max(...times);
  if (times.length < named.length || times.length === 0) return rule;
  if (rule.notAfter !== undefined && Date.parse(rule.notAfter) <= last) return rule;
  return { ...rule, notAfter: new Date(last).toISOString() };
}
