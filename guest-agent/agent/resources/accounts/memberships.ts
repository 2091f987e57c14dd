import type { GuestAccount, GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { Change } from '../../plan/plan.ts';
import { setMembers } from '../groups/groups.ts';
import type { Databases } from '../identity/databases.ts';

/** Supplementary groups after {@link editMemberships}. */
export interface MembershipsResult {
  readonly changes: readonly Change[];
  /** Groups not ours that an account is in because of us, by account. */
  readonly extraGroups: ReadonlyMap<string, readonly string[]>;
}

/**
 * Sets supplementary members: a group of ours has exactly its wanted members, a group of the guest keeps its own and
 * gains or loses ours only.
 *
 * @param ourGroups names of groups that are ours and wanted.
 * @param given groups that an account is in by our doing or, where it is taken over or taken away, by anybody's: it
 *   leaves those that it should not be in. By account.
 */
export function editMemberships(
  databases: Databases,
  groups: readonly GuestGroup[],
  ourGroups: ReadonlySet<string>,
  active: readonly GuestAccount[],
  given: ReadonlyMap<string, readonly string[]>,
): MembershipsResult {
  const changes: Change[] = [];
  const names = new Set(active.map((account) => account.name));
  const extra = new Map<string, Set<string>>(active.map((account) => [account.name, new Set()]));

  for (const { name, members } of groups) {
    if (ourGroups.has(name)) change(name, members.filter((member) => names.has(member)).sort());
    else if (databases.group.get(name) !== undefined)
      for (const member of members) extra.get(member)?.add(name);
  }
  for (const account of active) {
    for (const name of account.extraGroups ?? []) {
      // Its absence is no problem: the policy says "where they exist".
      if (databases.group.get(name) !== undefined && !ourGroups.has(name)) extra.get(account.name)?.add(name);
    }
  }

  const touched = new Set<string>([...extra.values()].flatMap((set) => [...set]));
  const givenBy = new Map<string, Set<string>>();
  for (const [account, among] of given) {
    for (const name of among) {
      touched.add(name);
      givenBy.set(name, (givenBy.get(name) ?? new Set()).add(account));
    }
  }
  for (const name of [...touched].sort()) {
    if (ourGroups.has(name)) continue;
    const current = membersOf(databases, name);
    const before = givenBy.get(name) ?? new Set();
    const kept = current.filter((member) => !before.has(member) || extra.get(member)?.has(name) === true);
    const present = new Set(current);
    const added = [...extra]
      .filter(([member, set]) => set.has(name) && !present.has(member))
      .map(([member]) => member);
    change(name, [...kept, ...added.sort()]);
  }
  return {
    changes,
    extraGroups: new Map([...extra].map(([account, set]) => [account, [...set].sort()])),
  };

  function change(name: string, members: readonly string[]): void {
    const before = membersOf(databases, name);
    const shadow = databases.gshadow?.get(name)?.[3];
    if (before.join(',') === members.join(',') && (shadow === undefined || shadow === members.join(',')))
      return;
    setMembers(databases, name, members);
    const [old, now] = [new Set(before), new Set(members)];
    const gained = members.filter((member) => !old.has(member)).map((member) => `+${member}`);
    const lost = before.filter((member) => !now.has(member)).map((member) => `-${member}`);
    changes.push({
      action: 'update',
      target: `group ${name}`,
      detail: [...gained, ...lost].join(' ').slice(0, 500),
    });
  }
}

function membersOf(databases: Databases, name: string): readonly string[] {
  return (databases.group.get(name)?.[3] ?? '').split(',').filter((member) => member !== '');
}
