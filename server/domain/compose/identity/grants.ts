import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { AccessRule, KeyHandling } from '../../../../schemas/types/policy.ts';
import type { DirectoryAccount } from '../../../directory/directory.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { type Choice, choose } from '../choice.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';
import { policyProblem, policySource } from '../policy-source.ts';
import { memberSources } from './guest-groups.ts';

/** Option of a public key as sshd(8) spells it. */
export type KeyOption = NonNullable<KeyHandling['allowOptions']>[number];

/** An account that access rules give, and what they say of it together. */
export interface Grant {
  readonly account: DirectoryAccount;
  /** The first rule that names one wins. */
  shell: Choice<string> | undefined;
  /** The first rule that names one wins. */
  keyMode: Choice<NonNullable<KeyHandling['mode']>> | undefined;
  /** Options that keys may have, with the rule that allows each. */
  readonly allowedOptions: Map<KeyOption, Source>;
  readonly extraGroups: Set<string>;
  /** The rules that give the account, in order, each with the group that it is a member of. */
  readonly sources: Source[];
}

/** Why one access rule gives one account: the rule, and the group that the account is a member of. */
export type RuleGrant = readonly Source[];

/** Whom one access rule gives an account, by name. */
export interface RuleOutcome {
  /** Accounts that the directory has. */
  readonly given: ReadonlyMap<string, RuleGrant>;
  /** Accounts that it has locked. */
  readonly denied: ReadonlyMap<string, RuleGrant>;
}

/** Tells whom an access rule gives an account. @param rule its place in the policy */
export type RuleGrants = (rule: number) => RuleOutcome;

/** Each rule is looked at once, however many guests it applies to. */
export function createRuleGrants(directory: DirectoryIndex, policy: PolicyDocument): RuleGrants {
  const known = createMemo<RuleOutcome>();
  return (index) => known(String(index), () => readRuleGrants(index, directory, policy));
}

function readRuleGrants(index: number, directory: DirectoryIndex, policy: PolicyDocument): RuleOutcome {
  const given = new Map<string, Source[]>();
  const denied = new Map<string, Source[]>();
  const rule = policy.policy.access?.[index];
  if (rule === undefined) return { given, denied };
  const ruleSource = policySource(policy, `/access/${index}`, rule.name);
  const give = (name: string, ...sources: readonly Source[]) => {
    const outcome = directory.accounts.has(name) ? given : directory.disabled.has(name) ? denied : undefined;
    const grant = outcome?.get(name) ?? [ruleSource];
    outcome?.set(name, grant);
    grant.push(...sources);
  };
  for (const name of rule.accounts ?? []) give(name);
  for (const groupName of rule.groups ?? []) {
    const group = directory.groups.get(groupName);
    if (group === undefined) continue;
    for (const member of [...group.members, ...(group.lockedMembers ?? [])]) {
      give(member, ...memberSources(group, member, directory));
    }
  }
  return { given, denied };
}

/** An account with all that the rules which give it say of it. @param rules their places, ascending */
export function collectGrant(
  account: DirectoryAccount,
  rules: readonly number[],
  ruleGrants: RuleGrants,
  policy: PolicyDocument,
): Grant {
  const grant = newGrant(account);
  for (const index of rules) {
    const rule = policy.policy.access?.[index];
    if (rule === undefined) continue;
    grant.sources.push(...(ruleGrants(index).given.get(account.name) ?? []));
    addSettings(grant, rule, (field) => policySource(policy, `/access/${index}${field}`, rule.name));
  }
  return grant;
}

function newGrant(account: DirectoryAccount): Grant {
  return {
    account,
    shell: undefined,
    keyMode: undefined,
    allowedOptions: new Map(),
    extraGroups: new Set(),
    sources: [],
  };
}

function addSettings(grant: Grant, rule: AccessRule, source: (field: string) => Source): void {
  if (rule.shell !== undefined) grant.shell = choose(grant.shell, rule.shell, source('/shell'));
  const mode = rule.keys?.mode;
  if (mode !== undefined) grant.keyMode = choose(grant.keyMode, mode, source('/keys/mode'));
  for (const option of rule.keys?.allowOptions ?? []) {
    if (!grant.allowedOptions.has(option)) grant.allowedOptions.set(option, source('/keys/allowOptions'));
  }
  for (const group of rule.extraGroups ?? []) grant.extraGroups.add(group);
}

/**
 * Groups and accounts that a rule names and the directory does not have; a locked account is no mistake.
 * @param index the rule's place in the policy
 */
export function missingFromDirectory(
  index: number,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): readonly RecordProblem[] {
  const rule = policy.policy.access?.[index];
  if (rule === undefined) return [];
  const missing = (field: 'groups' | 'accounts', isKnown: (name: string) => boolean): RecordProblem[] => {
    const names = (rule[field] ?? []).filter((name) => !isKnown(name));
    if (names.length === 0) return [];
    return [
      policyProblem(policy, `/access/${index}/${field}`, rule.name, {
        message: `names ${field} that the directory does not have or that were refused: ${names.join(', ')}`,
        remedy: 'correct the names, or add them to the directory',
      }),
    ];
  };
  return [
    ...missing('groups', (name) => directory.groups.has(name)),
    ...missing('accounts', (name) => directory.accounts.has(name) || directory.disabled.has(name)),
  ];
}
