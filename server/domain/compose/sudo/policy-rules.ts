import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { BreakGlassAccount, Policy } from '../../../../schemas/types/policy.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { policyProblem, policySource } from '../policy-source.ts';
import type { PresentUsers } from './present-users.ts';
import { isNegatedText, negatedLast, type SourcedRule } from './role-rules.ts';

/** The policy's own rules on a guest, in their order. One of which nobody is there is left out. */
export function composePolicyRules(
  places: readonly number[],
  present: PresentUsers,
  policy: PolicyDocument,
): readonly SourcedRule[] {
  return places.flatMap((index) => {
    const rule = policy.policy.sudoRules?.[index];
    const users = present.among(rule?.users ?? []);
    if (rule === undefined || users.length === 0) return [];
    const { name, runAsUsers, runAsGroups, tags = [], notBefore, notAfter } = rule;
    const commands = policy.parsed.sudoCommands[index] ?? [];
    const composed: SudoRule = {
      role: name,
      users,
      ...(runAsUsers === undefined ? {} : { runAsUsers: negatedLast(runAsUsers, isNegatedText) }),
      ...(runAsGroups === undefined ? {} : { runAsGroups: negatedLast(runAsGroups, isNegatedText) }),
      commands: commands.map((command) => ({ ...command })),
      ...(tags.length === 0 ? {} : { tags: [...tags].sort() }),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
    };
    return [{ rule: composed, sources: [policySource(policy, `/sudoRules/${index}`, name)] }];
  });
}

/** Full rights of the break-glass accounts that have them; without a password, as the accounts have keys only. */
export function composeBreakGlassRules(
  places: readonly number[],
  policy: PolicyDocument,
): readonly SourcedRule[] {
  const first = new Map<string, { readonly rule: BreakGlassAccount; readonly index: number }>();
  for (const index of places) {
    const rule = policy.policy.breakGlass?.[index];
    if (rule !== undefined && !first.has(rule.name)) first.set(rule.name, { rule, index });
  }
  return [...first.values()].flatMap(({ rule: { name, sudo }, index }) => {
    if (!sudo) return [];
    const title = `break-glass ${name}`;
    const rule: SudoRule = {
      role: title,
      users: [name],
      runAsUsers: ['ALL'],
      runAsGroups: ['ALL'],
      commands: [{ command: 'ALL' }],
      tags: ['NOPASSWD'],
    };
    return [{ rule, sources: [policySource(policy, `/breakGlass/${index}/sudo`, title)] }];
  });
}

/** Users of the policy's own rules that neither the directory nor the policy has. */
export function missingUsers(
  places: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): readonly RecordProblem[] {
  if (places.length === 0) return [];
  const isKnown = createKnownUsers(directory, policy.policy);
  return places.flatMap((index) => {
    const rule = policy.policy.sudoRules?.[index];
    const missing = rule?.users.filter((user) => !isKnown(user.replace(/^!/, ''))) ?? [];
    if (rule === undefined || missing.length === 0) return [];
    return [
      policyProblem(policy, `/sudoRules/${index}/users`, rule.name, {
        message: `names users that neither the directory nor the policy has: ${missing.join(', ')}`,
        remedy: 'correct the names, or add them to the directory',
      }),
    ];
  });
}

function createKnownUsers(directory: DirectoryIndex, policy: Policy): (user: string) => boolean {
  const breakGlass = new Set(policy.breakGlass?.map(({ name }) => name));
  const extraGroups = new Set(policy.access?.flatMap((rule) => rule.extraGroups ?? []));
  return (user) => {
    // Numbers are not looked up: what they stand for is the guest's business.
    if (user === 'ALL' || user.includes('#')) return true;
    const name = user.replace(/^%/, '');
    if (directory.accounts.has(name) || directory.disabled.has(name) || breakGlass.has(name)) return true;
    return user.startsWith('%') && (directory.groups.has(name) || extraGroups.has(name));
  };
}
