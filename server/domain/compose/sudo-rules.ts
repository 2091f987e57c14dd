import type { SudoRule } from '../../../schemas/types/common.ts';
import type { DirectorySudoRole } from '../../directory/directory.ts';
import { matchesGlob } from '../glob.ts';
import { sudoLines } from '../guest-lines.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { createSudoHostMatcher, type SudoHostSubject } from '../sudo-host.ts';
import { createPart, type GuestPart, type IdentityValue, type SudoValue } from './composition.ts';
import type { DirectoryIndex } from './directory-index.ts';
import { createMemo } from './memo.ts';
import { policySource } from './policy-source.ts';
import { createSourceBook } from './source-book.ts';

/** Roles of the directory that apply to a guest. */
export interface SelectedRoles {
  /** Their places in `DirectoryIndex.sudoRoles`, ascending. */
  readonly places: readonly number[];
  /** Equal for the same roles. */
  readonly key: string;
}

/** Tells which roles of the directory apply to a guest. */
export type RoleSelector = (rules: readonly number[], subject: SudoHostSubject) => SelectedRoles;

/** Roles that a rule of the policy selects by name and whose sudoHost matches. */
export function createRoleSelector({ sudoRoles }: DirectoryIndex, { policy }: PolicyDocument): RoleSelector {
  const hosts = sudoRoles.map((role) => createSudoHostMatcher(role.hosts));
  const named = createMemo<SelectedRoles & { readonly everywhere: boolean }>();
  const rolesNamed = (rules: readonly number[]) => {
    const patterns = rules.flatMap((rule) => policy.sudo?.[rule]?.roles ?? []);
    const places = sudoRoles.flatMap(({ name }, place) =>
      patterns.some((pattern) => matchesGlob(pattern, name)) ? [place] : [],
    );
    return {
      ...keyed(places),
      everywhere: places.every((place) => isEverywhere(sudoRoles[place]?.hosts ?? [])),
    };
  };
  return (rules, subject) => {
    const candidates = named(rules.join(), () => rolesNamed(rules));
    if (candidates.everywhere) return candidates;
    return keyed(candidates.places.filter((place) => hosts[place]?.(subject) === true));
  };
}

function isEverywhere(hosts: readonly string[]): boolean {
  return hosts.length === 1 && hosts[0] === 'ALL';
}

function keyed(places: readonly number[]): SelectedRoles {
  return { places, key: places.join() };
}

/**
 * Sudo rules of guests that have the same accounts, in sudoers order. A role of which no user and no group is on the
 * guest is left out.
 * @param roles places of the roles that apply
 * @param selections places of the policy's rules that apply
 */
export function composeSudoRules(
  roles: readonly number[],
  selections: readonly number[],
  identity: IdentityValue,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): GuestPart<SudoValue> {
  const book = createSourceBook();
  const rules: SudoRule[] = [];
  const isPresent = createPresence(identity);
  for (const place of roles) {
    const role = directory.sudoRoles[place];
    if (role === undefined) continue;
    const users = presentUsers(role.users, isPresent);
    if (users.length === 0) continue;
    rules.push(sudoRule(role, users));
    book.note('sudo', role.name, directory.source(role, 'sudoUser'), directory.source(role, 'sudoCommand'));
    for (const index of selections) {
      const selection = policy.policy.sudo?.[index];
      if (!selection?.roles.some((pattern) => matchesGlob(pattern, role.name))) continue;
      book.note('sudo', role.name, policySource(policy, `/sudo/${index}`, selection.name));
    }
  }
  const value = { rules };
  return createPart(value, book.lines(sudoLines(value)));
}

/** Whether a member of a user list, without its negation, means somebody on this guest. */
type Presence = (user: string) => boolean;

function createPresence(identity: IdentityValue): Presence {
  const accounts = new Set(identity.accounts.map(({ name }) => name));
  const uids = new Set(identity.accounts.map(({ uid }) => uid));
  const inhabited = new Set(identity.accounts.map(({ gid }) => gid));
  const groups = identity.groups.filter((group) => group.members.length > 0 || inhabited.has(group.gid));
  const groupNames = new Set(groups.map(({ name }) => name));
  const gids = new Set(groups.map(({ gid }) => gid));
  return (user) => {
    if (user === 'ALL') return accounts.size > 0;
    if (user.startsWith('%#')) return gids.has(Number(user.slice(2)));
    if (user.startsWith('#')) return uids.has(Number(user.slice(1)));
    if (user.startsWith('%')) return groupNames.has(user.slice(1));
    return accounts.has(user);
  };
}

/**
 * Members of the user list that mean somebody on this guest, negated ones last: in a sudoers list the last match
 * wins, and in LDAP a negation always does (sudoers.ldap(5)). Empty if nobody is let in.
 */
function presentUsers(users: readonly string[], isPresent: Presence): readonly string[] {
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
