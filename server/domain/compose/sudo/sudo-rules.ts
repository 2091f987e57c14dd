import type { RecordProblem } from '../../../../schemas/types/api.ts';
import { sudoLines } from '../../guest-lines.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { createPart, type GuestPart, type IdentityValue, type SudoValue } from '../composition.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { composeBreakGlassRules, composePolicyRules, missingUsers } from './policy-rules.ts';
import { createPresentUsers } from './present-users.ts';
import { composeRoleRules, missingRoles } from './role-rules.ts';
import { composeSudoDefaults } from './sudo-defaults.ts';

/** Sudo rules of guests that have the same accounts. */
export interface Sudo {
  readonly part: GuestPart<SudoValue>;
  /** Roles that are left out, and names in rules that stand for nothing. */
  readonly problems: readonly RecordProblem[];
}

/** What decides on a guest's sudo rules. */
export interface SudoSelection {
  /** Places of the directory's roles that apply. */
  readonly roles: readonly number[];
  /** Places of the policy's rules that apply, by list. */
  readonly sudo: readonly number[];
  readonly sudoRules: readonly number[];
  readonly breakGlass: readonly number[];
}

/**
 * Sudo rules in sudoers order, where the last match wins: roles of the directory by sudoOrder, then the policy's own,
 * then the break-glass accounts, from which nothing takes away. What the directory says does not count for break-glass
 * accounts, by name or by number.
 */
export function composeSudoRules(
  selection: SudoSelection,
  identity: IdentityValue,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): Sudo {
  const { roles, sudo, sudoRules, breakGlass } = selection;
  const extraGroups = identity.accounts.flatMap((account) => account.extraGroups ?? []);
  const fromRoles = composeRoleRules(
    roles,
    sudo,
    createPresentUsers(withoutBreakGlass(identity)),
    directory,
    policy,
  );
  const sourced = [
    ...fromRoles.rules,
    ...composePolicyRules(sudoRules, createPresentUsers(identity, extraGroups), policy),
    ...composeBreakGlassRules(breakGlass, policy),
  ];
  const { defaults, problems } = composeSudoDefaults(sudo, directory, policy);
  const value: SudoValue = {
    ...(defaults.length === 0 ? {} : { defaults: defaults.map(({ setting }) => setting) }),
    rules: sourced.map(({ rule }) => rule),
  };
  // By place, not by name: several roles of one name count each for itself.
  const lines = sudoLines(value).map((line, place) => ({
    ...line,
    sources: [...([...defaults, ...sourced][place]?.sources ?? [])],
  }));
  return {
    part: createPart(value, lines),
    problems: [
      ...problems,
      ...fromRoles.problems,
      ...missingRoles(sudo, directory, policy),
      ...missingUsers(sudoRules, directory, policy),
    ],
  };
}

function withoutBreakGlass({ accounts, groups }: IdentityValue): IdentityValue {
  const own = accounts.filter(({ breakGlass }) => breakGlass === true);
  const ownGids = new Set(own.map(({ gid }) => gid));
  return {
    accounts: accounts.filter(({ breakGlass }) => breakGlass !== true),
    groups: groups.filter(({ gid }) => !ownGids.has(gid)),
  };
}
