import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { AccessRule, KeyHandling } from '../../../../schemas/types/policy.ts';
import type { DirectoryAccount, DisabledAccount } from '../../../directory/directory.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { type Choice, choose } from '../choice.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { policySource } from '../policy-source.ts';
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

/** A locked account that access rules would give. */
export interface Denial {
  readonly account: DisabledAccount;
  /** As of a grant. */
  readonly sources: Source[];
}

/** What access rules come to, by the names of accounts. */
export interface Grants {
  readonly grants: ReadonlyMap<string, Grant>;
  readonly denials: ReadonlyMap<string, Denial>;
}

/**
 * Accounts that the directory has and an access rule gives.
 * @param rules places of the access rules that apply
 */
export function collectGrants(
  rules: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): Grants {
  const grants = new Map<string, Grant>();
  const denials = new Map<string, Denial>();
  const deny = (name: string, sources: readonly Source[]): void => {
    const account = directory.disabled.get(name);
    if (account === undefined) return;
    const denial = denials.get(name) ?? { account, sources: [] };
    denials.set(name, denial);
    denial.sources.push(...sources);
  };
  for (const index of rules) {
    const rule = policy.policy.access?.[index];
    if (rule === undefined) continue;
    const source = (field: string): Source => policySource(policy, `/access/${index}${field}`, rule.name);
    const ruleSource = source('');
    const given = new Set<Grant>();
    const give = (name: string, ...sources: readonly Source[]) => {
      const account = directory.accounts.get(name);
      if (account === undefined) return deny(name, [ruleSource, ...sources]);
      const grant = grants.get(name) ?? newGrant(account);
      grants.set(name, grant);
      given.add(grant);
      grant.sources.push(ruleSource, ...sources);
    };
    for (const name of rule.accounts ?? []) give(name);
    for (const groupName of rule.groups ?? []) {
      const group = directory.groups.get(groupName);
      if (group === undefined) continue;
      for (const member of [...group.members, ...(group.lockedMembers ?? [])]) {
        give(member, ...memberSources(group, member, directory));
      }
    }
    for (const grant of given) addSettings(grant, rule, source);
  }
  return { grants, denials };
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

/** Groups and accounts that a rule names and the directory does not have; a locked account is no mistake. */
export function missingFromDirectory(
  rules: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): readonly RecordProblem[] {
  return rules.flatMap((index) => {
    const rule = policy.policy.access?.[index];
    if (rule === undefined) return [];
    const missing = (field: 'groups' | 'accounts', isKnown: (name: string) => boolean): RecordProblem[] => {
      const names = (rule[field] ?? []).filter((name) => !isKnown(name));
      if (names.length === 0) return [];
      const {
        name: source,
        record,
        field: line,
      } = policySource(policy, `/access/${index}/${field}`, rule.name);
      return [
        {
          source,
          record,
          field: line,
          message: `names ${field} that the directory does not have or that were refused: ${names.join(', ')}`,
          remedy: 'correct the names, or add them to the directory',
        },
      ];
    };
    return [
      ...missing('groups', (name) => directory.groups.has(name)),
      ...missing('accounts', (name) => directory.accounts.has(name) || directory.disabled.has(name)),
    ];
  });
}
