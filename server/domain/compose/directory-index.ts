import type { Source } from '../../../schemas/types/api.ts';
import type {
  DirectoryAccount,
  DirectoryGroup,
  DirectorySnapshot,
  DirectorySudoDefaults,
  DirectorySudoRole,
  DisabledAccount,
} from '../../directory/directory.ts';

/** A directory snapshot arranged for composing many guests. */
export interface DirectoryIndex {
  readonly accounts: ReadonlyMap<string, DirectoryAccount>;
  readonly accountNameByUid: ReadonlyMap<number, string>;
  /** Accounts that the directory has locked, by name. */
  readonly disabled: ReadonlyMap<string, DisabledAccount>;
  readonly groups: ReadonlyMap<string, DirectoryGroup>;
  readonly groupByGid: ReadonlyMap<number, DirectoryGroup>;
  readonly groupsOfMember: ReadonlyMap<string, readonly DirectoryGroup[]>;
  /** In the order in which sudoers must hold them: ascending sudoOrder, so that the last match wins. */
  readonly sudoRoles: readonly DirectorySudoRole[];
  /** With `defaults` where the directory has it: it counts wherever a selection does, named or not. */
  readonly sudoRoleNames: ReadonlySet<string>;
  /** Options for every rule; undefined where the directory has none. */
  readonly sudoDefaults: DirectorySudoDefaults | undefined;
  /** The source that an entry's attribute is, with the entry's last change. @param attribute by its name in RFC 2307 */
  source(entry: Pick<DirectoryGroup, 'dn' | 'attributeNames' | 'lastChange'>, attribute: string): Source;
}

/** @param name the directory's name from the configuration */
export function indexDirectory(name: string, snapshot: DirectorySnapshot): DirectoryIndex {
  const groupsOfMember = new Map<string, DirectoryGroup[]>();
  for (const group of snapshot.groups) {
    for (const member of group.members) {
      const groups = groupsOfMember.get(member);
      if (groups === undefined) groupsOfMember.set(member, [group]);
      else groups.push(group);
    }
  }
  return {
    accounts: new Map(snapshot.accounts.map((account) => [account.name, account])),
    accountNameByUid: new Map(snapshot.accounts.map((account) => [account.uid, account.name])),
    disabled: new Map(snapshot.disabled?.map((account) => [account.name, account])),
    groups: new Map(snapshot.groups.map((group) => [group.name, group])),
    groupByGid: new Map(snapshot.groups.map((group) => [group.gid, group])),
    groupsOfMember,
    sudoRoleNames: new Set([
      ...snapshot.sudoRoles.map(({ name: role }) => role),
      ...(snapshot.sudoDefaults === undefined ? [] : ['defaults']),
    ]),
    sudoDefaults: snapshot.sudoDefaults,
    sudoRoles: [...snapshot.sudoRoles].sort((a, b) => a.order - b.order || compareText(a.name, b.name)),
    source: (entry, attribute) => ({
      kind: 'directory',
      name,
      record: entry.dn,
      field: entry.attributeNames?.[attribute] ?? attribute,
      ...(entry.lastChange === undefined ? {} : changeOfSource(entry.lastChange)),
    }),
  };
}

/** A change as a source tells of it. */
export function changeOfSource({
  by,
  at,
}: {
  readonly by?: string;
  readonly at: string;
}): Pick<Source, 'changedBy' | 'changedAt'> {
  return { changedAt: at, ...(by === undefined ? {} : { changedBy: by }) };
}

/** Order by code unit, independent of locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
