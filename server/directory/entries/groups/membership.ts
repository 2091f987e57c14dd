import type { DirectoryGroup, NestedGroup } from '../../directory.ts';
import type { AttributeNames } from '../entry-reader.ts';
import type { GroupNode } from './nested-group.ts';

/** An account as a group can name it. */
export interface MemberAccount {
  readonly name: string;
  /** Comparable DN. */
  readonly key: string | undefined;
  /** Security identifier of its primary group. */
  readonly primaryGroup: string | undefined;
  readonly isLocked: boolean;
}

/** A group with the comparable form of its DN. */
export interface KeyedGroup {
  readonly key: string | undefined;
  readonly node: GroupNode;
}

/**
 * The POSIX groups with the names of all accounts in them, at any depth; loops end where they began. DNs of
 * anything but the given accounts and groups mean nobody: machines, contacts, entries that are refused. Locked accounts are named apart.
 */
export function resolveMembership(
  groups: readonly KeyedGroup[],
  accounts: readonly MemberAccount[],
  attributeNames: AttributeNames,
): readonly DirectoryGroup[] {
  const accountByKey = unambiguous(accounts, ({ key }) => key);
  const groupByKey = unambiguous(groups, ({ key }) => key);
  const byPrimaryGroup = Map.groupBy(accounts, ({ primaryGroup }) => primaryGroup);

  /** Accounts that the group itself lists. */
  function listed({ members, securityIdentifier }: GroupNode): readonly MemberAccount[] {
    const primary = securityIdentifier === undefined ? [] : (byPrimaryGroup.get(securityIdentifier) ?? []);
    const named = members.flatMap((key) => accountByKey.get(key) ?? []);
    return [...named, ...primary];
  }

  function resolve(root: KeyedGroup, posix: NonNullable<GroupNode['posix']>): DirectoryGroup {
    const members = new Set(listed(root.node));
    const via = new Map<string, NestedGroup>();
    const visited = new Set([root]);
    // The set grows while it is walked.
    for (const { node } of visited) {
      if (node !== root.node) {
        const entry = entryOf(node);
        for (const account of listed(node)) {
          if (members.has(account)) continue;
          members.add(account);
          via.set(account.name, entry);
        }
      }
      for (const key of node.members) {
        const nested = groupByKey.get(key);
        if (nested !== undefined) visited.add(nested);
      }
    }
    const locked = namesOf([...members].filter(({ isLocked }) => isLocked));
    return {
      ...entryOf(root.node),
      ...posix,
      members: namesOf([...members].filter(({ isLocked }) => !isLocked)),
      ...(locked.length === 0 ? {} : { lockedMembers: locked }),
      ...(via.size === 0 ? {} : { via }),
      attributeNames,
    };
  }

  return groups.flatMap((group) =>
    group.node.posix === undefined ? [] : [resolve(group, group.node.posix)],
  );
}

function namesOf(accounts: readonly MemberAccount[]): readonly string[] {
  return accounts.map(({ name }) => name).sort();
}

function entryOf({ dn, lastChange }: GroupNode): NestedGroup {
  return { dn, ...(lastChange === undefined ? {} : { lastChange }) };
}

/** Entries by key; of two that cannot be told apart neither can be named. */
function unambiguous<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [key, same] of Map.groupBy(entries, keyOf)) {
    const [only, ...others] = same;
    if (key !== undefined && only !== undefined && others.length === 0) found.set(key, only);
  }
  return found;
}
