import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { GuestAccount, GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { DirectoryAccount, DirectoryGroup } from '../../../directory/directory.ts';
import { memberSubject } from '../../guest-lines.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import type { SourceBook } from '../source-book.ts';

/** An account's own group, or why it has none. */
export type PrimaryGroup =
  | { readonly kind: 'found'; readonly group: GuestGroup }
  | { readonly kind: 'missing'; readonly problem: RecordProblem };

/**
 * The group of the account's gidNumber. Where the directory has none and gidNumber equals uidNumber, it is the
 * user's private group of the same name, as useradd(8) makes it.
 */
export function primaryGroup(
  account: DirectoryAccount,
  directory: DirectoryIndex,
  book: SourceBook,
): PrimaryGroup {
  const known = directory.groupByGid.get(account.gid);
  if (known !== undefined) {
    book.note(
      'groups',
      known.name,
      directory.source(known, 'gidNumber'),
      directory.source(account, 'gidNumber'),
    );
    return { kind: 'found', group: { name: known.name, gid: known.gid, members: [] } };
  }
  if (account.gid === account.uid && !directory.groups.has(account.name)) {
    book.note('groups', account.name, directory.source(account, 'gidNumber'));
    return { kind: 'found', group: { name: account.name, gid: account.gid, members: [] } };
  }
  const { name: source, record } = directory.source(account, 'gidNumber');
  return {
    kind: 'missing',
    problem: {
      source,
      record,
      field: 'gidNumber',
      message: `no posixGroup has gidNumber ${account.gid}, so the account cannot be made`,
      remedy: 'add the group to the directory or correct gidNumber',
    },
  };
}

/** Why an account is in a group: the group's entry, and that of the nested group which lists the account. */
export function memberSources(
  group: DirectoryGroup,
  member: string,
  directory: DirectoryIndex,
): readonly Source[] {
  const source = directory.source(group, 'memberUid');
  const via = group.via?.get(member);
  if (via === undefined) return [source];
  const { attributeNames } = group;
  const nested = attributeNames === undefined ? via : { ...via, attributeNames };
  return [source, directory.source(nested, 'memberUid')];
}

/**
 * Every group of the directory that an account of this guest is a member of, with just those members.
 * @param objection why a group is left out, if it is
 */
export function supplementaryGroups(
  accounts: readonly GuestAccount[],
  directory: DirectoryIndex,
  book: SourceBook,
  objection: (group: DirectoryGroup) => RecordProblem | undefined,
): { readonly groups: readonly GuestGroup[]; readonly problems: readonly RecordProblem[] } {
  const problems = new Map<string, RecordProblem>();
  const groups = new Map<string, GuestGroup>();
  for (const { name: member } of accounts) {
    for (const group of directory.groupsOfMember.get(member) ?? []) {
      const problem = objection(group);
      if (problem !== undefined) {
        problems.set(group.name, problem);
        continue;
      }
      let present = groups.get(group.name);
      if (present === undefined) {
        present = { name: group.name, gid: group.gid, members: [] };
        groups.set(group.name, present);
        book.note('groups', group.name, directory.source(group, 'gidNumber'));
      }
      present.members.push(member);
      book.note('groups', memberSubject(group.name, member), ...memberSources(group, member, directory));
    }
  }
  return { groups: [...groups.values()], problems: [...problems.values()] };
}
