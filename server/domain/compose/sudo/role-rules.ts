import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { DirectorySudoRole } from '../../../directory/directory.ts';
import { matchesGlob } from '../../glob.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { policyProblem, policySource } from '../policy-source.ts';
import type { PresentUsers } from './present-users.ts';

/** One rule of a guest's sudoers and where it comes from. */
export interface SourcedRule {
  readonly rule: SudoRule;
  readonly sources: readonly Source[];
}

/** Rules that roles of the directory become on a guest. A role of which no user and no group is there is left out. */
export function composeRoleRules(
  roles: readonly number[],
  selections: readonly number[],
  present: PresentUsers,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): { readonly rules: readonly SourcedRule[]; readonly problems: readonly RecordProblem[] } {
  const rules: SourcedRule[] = [];
  const problems: RecordProblem[] = [];
  for (const place of roles) {
    const role = directory.sudoRoles[place];
    if (role === undefined) continue;
    const selecting = selections.flatMap((index) => {
      const selection = policy.policy.sudo?.[index];
      return selection?.roles.some((pattern) => matchesGlob(pattern, role.name))
        ? [{ selection, source: policySource(policy, `/sudo/${index}`, selection.name) }]
        : [];
    });
    const users = present.among(role.users);
    if (users.length === 0) continue;
    if (users.includes('ALL') && !selecting.some(({ selection }) => selection.allowAllUsers === true)) {
      problems.push(everybody(role, directory));
      continue;
    }
    rules.push({
      rule: sudoRule(role, users),
      sources: [
        ...attributesOf(role).map((attribute) => directory.source(role, attribute)),
        ...selecting.map(({ source }) => source),
      ],
    });
  }
  return { rules, problems };
}

/** Roles that a selection names in full and the directory does not have. */
export function missingRoles(
  selections: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): readonly RecordProblem[] {
  const known = directory.sudoRoleNames;
  return selections.flatMap((index) => {
    const selection = policy.policy.sudo?.[index];
    const missing = selection?.roles.filter((name) => !name.includes('*') && !known.has(name)) ?? [];
    if (selection === undefined || missing.length === 0) return [];
    return [
      policyProblem(policy, `/sudo/${index}/roles`, selection.name, {
        message: `names sudoRoles that the directory does not have or that were refused: ${missing.join(', ')}`,
        remedy: 'correct the names, or add the roles to the directory',
      }),
    ];
  });
}

function everybody(role: DirectorySudoRole, directory: DirectoryIndex): RecordProblem {
  const { name: source, record, field } = directory.source(role, 'sudoUser');
  return {
    source,
    record,
    field,
    message: `is ALL, everybody on the guest: sudoRole ${role.name} is left out, as no rule that selects it allows that`,
    remedy: 'name users or %groups in the role, or add `allowAllUsers: true` to the rule of the policy',
  };
}

/** The attributes that have a say in the rule. */
function attributesOf(role: DirectorySudoRole): readonly string[] {
  const { tags, timeoutSeconds, chroot, cwd, selinuxRole, selinuxType } = role;
  const options = [timeoutSeconds, chroot, cwd, selinuxRole, selinuxType];
  const has = {
    sudoUser: true,
    sudoHost: true,
    sudoCommand: true,
    sudoRunAsUser: role.runAsUsers !== undefined,
    sudoRunAsGroup: role.runAsGroups !== undefined,
    sudoOption: tags.length > 0 || options.some((option) => option !== undefined),
    sudoOrder: role.order !== 0,
    sudoNotBefore: role.notBefore !== undefined,
    sudoNotAfter: role.notAfter !== undefined,
  };
  return Object.entries(has).flatMap(([attribute, isThere]) => (isThere ? [attribute] : []));
}

function sudoRule(role: DirectorySudoRole, users: readonly string[]): SudoRule {
  return {
    role: role.name,
    users: [...users],
    ...(role.runAsUsers === undefined ? {} : { runAsUsers: negatedLast(role.runAsUsers, isNegatedText) }),
    ...(role.runAsGroups === undefined ? {} : { runAsGroups: negatedLast(role.runAsGroups, isNegatedText) }),
    commands: negatedLast(role.commands, (command) => command.negated === true),
    ...(role.tags.length === 0 ? {} : { tags: [...role.tags] }),
    ...(role.timeoutSeconds === undefined ? {} : { timeoutSeconds: role.timeoutSeconds }),
    ...(role.chroot === undefined ? {} : { chroot: role.chroot }),
    ...(role.cwd === undefined ? {} : { cwd: role.cwd }),
    ...(role.selinuxRole === undefined ? {} : { selinuxRole: role.selinuxRole }),
    ...(role.selinuxType === undefined ? {} : { selinuxType: role.selinuxType }),
    ...(role.notBefore === undefined ? {} : { notBefore: role.notBefore }),
    ...(role.notAfter === undefined ? {} : { notAfter: role.notAfter }),
  };
}

/** Whether a member of a sudoers list takes away. */
export function isNegatedText(text: string): boolean {
  return text.startsWith('!');
}

/** In a sudoers list the last match wins, in LDAP a negation does. */
export function negatedLast<T>(values: readonly T[], isNegated: (value: T) => boolean): T[] {
  return [...values.filter((value) => !isNegated(value)), ...values.filter(isNegated)];
}
