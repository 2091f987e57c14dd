import type { SudoRule } from '../../../schemas/types/common.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { DirectorySudoRole } from '../../directory/directory.ts';
import { matchesGlob } from '../glob.ts';
import { matchesInstance } from '../instance-match.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { type SudoHostSubject, sudoHostApplies } from '../sudo-host.ts';
import type { DirectoryIndex } from './directory-index.ts';
import type { Identity } from './identity.ts';
import { policySource } from './policy-source.ts';
import type { SourceBook } from './source-book.ts';

/**
 * The sudoRoles that policy selects for the instance and whose sudoHost matches, in sudoers order. A role of
 * which no user and no group is on the guest is left out.
 */
export function composeSudoRules(
  record: InstanceRecord,
  subject: SudoHostSubject,
  identity: Identity,
  directory: DirectoryIndex,
  policy: PolicyDocument,
  book: SourceBook,
): readonly SudoRule[] {
  const selections = (policy.policy.sudo ?? [])
    .map((selection, index) => ({ selection, index }))
    .filter(({ selection }) => matchesInstance(selection.match, record));
  const rules: SudoRule[] = [];
  for (const role of directory.sudoRoles) {
    const selecting = selections.filter(({ selection }) =>
      selection.roles.some((pattern) => matchesGlob(pattern, role.name)),
    );
    if (selecting.length === 0 || !sudoHostApplies(role.hosts, subject)) continue;
    const users = presentUsers(role.users, identity);
    if (users.length === 0) continue;
    rules.push(sudoRule(role, users));
    book.note('sudo', role.name, directory.source(role, 'sudoUser'), directory.source(role, 'sudoCommand'));
    for (const { selection, index } of selecting) {
      book.note('sudo', role.name, policySource(policy, `/sudo/${index}`, selection.name));
    }
  }
  return rules;
}

/**
 * Members of the user list that mean somebody on this guest, negated ones last: in a sudoers list the last match
 * wins, and in LDAP a negation always does (sudoers.ldap(5)). Empty if nobody is let in.
 */
function presentUsers(users: readonly string[], identity: Identity): readonly string[] {
  const accounts = new Set(identity.accounts.map(({ name }) => name));
  const uids = new Set(identity.accounts.map(({ uid }) => uid));
  const inhabited = new Set(identity.accounts.map(({ gid }) => gid));
  const groups = identity.groups.filter((group) => group.members.length > 0 || inhabited.has(group.gid));
  const groupNames = new Set(groups.map(({ name }) => name));
  const gids = new Set(groups.map(({ gid }) => gid));
  const isPresent = (user: string): boolean => {
    // Everybody, the accounts of the system too: no policy can allow it yet.
    if (user === 'ALL') return false;
    if (user.startsWith('%#')) return gids.has(Number(user.slice(2)));
    if (user.startsWith('#')) return uids.has(Number(user.slice(1)));
    if (user.startsWith('%')) return groupNames.has(user.slice(1));
    return accounts.has(user);
  };
  const positive = users.filter((user) => !user.startsWith('!') && isPresent(user));
  if (positive.length === 0) return [];
  return [...positive, ...users.filter((user) => user.startsWith('!') && isPresent(user.slice(1)))];
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

function isNegatedText(text: string): boolean {
  return text.startsWith('!');
}

function negatedLast<T>(values: readonly T[], isNegated: (value: T) => boolean): T[] {
  return [...values.filter((value) => !isNegated(value)), ...values.filter(isNegated)];
}
