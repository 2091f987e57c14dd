import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { DirectoryAccount, DirectoryGroup } from '../../../directory/directory.ts';
import { memberSubject } from '../../guest-lines.ts';
import { type HashedLine, hashLine } from '../composition.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';

/** An account's own group, or why it has none. */
export type PrimaryGroup =
  | { readonly kind: 'found'; readonly name: string; readonly gid: number }
  | { readonly kind: 'missing'; readonly problem: RecordProblem };

/**
 * The group of the account's gidNumber. Where the directory has none and gidNumber equals uidNumber, it is the
 * user's private group of the same name, as useradd(8) makes it.
 */
export function primaryGroup(account: DirectoryAccount, directory: DirectoryIndex): PrimaryGroup {
  const known = directory.groupByGid.get(account.gid);
  if (known !== undefined) return { kind: 'found', name: known.name, gid: known.gid };
  if (account.gid === account.uid && !directory.groups.has(account.name)) {
    return { kind: 'found', name: account.name, gid: account.gid };
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

/** Groups of the directory on a guest. */
export interface DirectoryGroups {
  /** With just the members that are on the guest, in the order of the accounts. */
  readonly groups: ReadonlyMap<string, GuestGroup>;
  readonly problems: readonly RecordProblem[];
}

/**
 * Every group of the directory that an account of this guest is a member of.
 * @param members names of the accounts, sorted
 * @param objection why a group is left out, if it is
 */
export function supplementaryGroups(
  members: readonly string[],
  directory: DirectoryIndex,
  objection: (group: DirectoryGroup) => RecordProblem | undefined,
): DirectoryGroups {
  const problems = new Map<string, RecordProblem>();
  const groups = new Map<string, GuestGroup>();
  for (const member of members) {
    for (const group of directory.groupsOfMember.get(member) ?? []) {
      const present = groups.get(group.name);
      if (present !== undefined) {
        present.members.push(member);
        continue;
      }
      const problem = objection(group);
      if (problem === undefined)
        groups.set(group.name, { name: group.name, gid: group.gid, members: [member] });
      else problems.set(group.name, problem);
    }
  }
  return { groups, problems: [...problems.values()] };
}

/** Gives the lines of the directory's groups, each made once for all guests that have it. */
export interface GroupLines {
  /** @param primaryOf an account whose own group it is, for an example of why it is there */
  group(name: string, gid: number, primaryOf: DirectoryAccount | undefined): HashedLine;
  member(group: string, member: string): HashedLine;
}

/** Lines of one state of the directory. */
export function createGroupLines(directory: DirectoryIndex): GroupLines {
  const known = createMemo<HashedLine>();
  return {
    group: (name, gid, primaryOf) =>
      known(`${name}\0${primaryOf?.name ?? ''}`, () => {
        const group = directory.groups.get(name);
        return hashLine({
          section: 'groups',
          subject: name,
          value: `gid ${gid}`,
          sources: [
            ...(group === undefined ? [] : [directory.source(group, 'gidNumber')]),
            ...(primaryOf === undefined ? [] : [directory.source(primaryOf, 'gidNumber')]),
          ],
        });
      }),
    member: (name, member) =>
      known(`${name}\0\0${member}`, () => {
        const group = directory.groups.get(name);
        return hashLine({
          section: 'groups',
          subject: memberSubject(name, member),
          value: member,
          sources: group === undefined ? [] : [...memberSources(group, member, directory)],
        });
      }),
  };
}
