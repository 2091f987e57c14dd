import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { OwnedGroup } from '../../plan/ownership.ts';
import type { Change } from '../../plan/plan.ts';
import { accountName, guard, guardInteger } from '../../rendering/guard.ts';
import type { Databases } from '../identity/databases.ts';

/** What became of the groups that are wanted. */
export interface GroupsResult {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  /** Groups that clash with one that is not ours, by name: nothing of them is touched. */
  readonly refused: ReadonlySet<string>;
  readonly owned: readonly OwnedGroup[];
}

/** Puts the wanted groups into the databases, without members; members are set with the accounts. */
export function editGroups(
  databases: Databases,
  wanted: readonly GuestGroup[],
  owned: readonly OwnedGroup[],
): GroupsResult {
  const changes: Change[] = [];
  const problems: string[] = [];
  const refused = new Set<string>();
  const kept: OwnedGroup[] = [];
  const ownNames = new Set(owned.map((group) => group.name));
  const wantedNames = new Set(wanted.map((group) => group.name));

  for (const { name, gid } of wanted) {
    guard('groups[].name', name, accountName);
    const id = guardInteger('groups[].gid', gid, 1, 4294967293);
    const current = databases.group.get(name);
    const holder = databases.group.holdersOf(id).find((other) => other !== name);
    const holderGoes = holder !== undefined && ownNames.has(holder) && !wantedNames.has(holder);
    const clash = clashOf({ id, holder: holderGoes ? undefined : holder, current, ours: ownNames.has(name) });
    // The guest's own and just what is wanted: it gains members, and is never removed.
    if (clash === 'same') continue;
    if (clash !== undefined) {
      problems.push(`group ${name}: ${clash}`);
      // One of ours stays as it is; one that is not ours is out of reach for everything that refers to it.
      const known = owned.find((group) => group.name === name);
      if (known !== undefined && current !== undefined) kept.push(known);
      else refused.add(name);
      continue;
    }
    if (holderGoes) dropGroup(databases, holder);
    kept.push({ name, gid });
    if (current?.[2] === id && databases.gshadow.get(name) !== undefined) continue;
    databases.group.put([name, 'x', id, current?.[3] ?? '']);
    if (databases.gshadow.get(name) === undefined) databases.gshadow.put([name, '!', '', current?.[3] ?? '']);
    changes.push({
      action: current === undefined ? 'create' : 'update',
      target: `group ${name}`,
      detail: `gid ${id}`,
    });
  }
  return { changes, problems, refused, owned: kept };
}

/** Why a group cannot be ours; `same` if the guest's own is just what is wanted. */
function clashOf(group: {
  readonly id: string;
  readonly holder: string | undefined;
  readonly current: readonly string[] | undefined;
  readonly ours: boolean;
}): string | undefined {
  const { id, holder, current, ours } = group;
  if (holder !== undefined) {
    return `gid ${id} belongs to the guest's own group ${holder}; change one of the two ids`;
  }
  if (current === undefined || ours) return undefined;
  if (current[2] === id) return 'same';
  return `the guest has a group of that name with gid ${current[2] ?? ''} that is not Ubugi's; rename one of the two`;
}

/** Removes groups of ours that are no longer wanted, but for those that are still somebody's primary group. */
export function removeUnwantedGroups(
  databases: Databases,
  owned: readonly OwnedGroup[],
  kept: readonly OwnedGroup[],
): { readonly changes: readonly Change[]; readonly owned: readonly OwnedGroup[] } {
  const changes: Change[] = [];
  const still: OwnedGroup[] = [...kept];
  const names = new Set(kept.map((group) => group.name));
  const primary = new Set(databases.passwd.entries().map((entry) => entry[3]));
  for (const group of owned) {
    const current = databases.group.get(group.name);
    if (names.has(group.name) || current === undefined) continue;
    if (primary.has(current[2])) {
      still.push(group);
      if (current[3] !== '') {
        setMembers(databases, group.name, []);
        changes.push({ action: 'update', target: `group ${group.name}`, detail: 'members removed' });
      }
      continue;
    }
    dropGroup(databases, group.name);
    changes.push({ action: 'remove', target: `group ${group.name}` });
  }
  return { changes, owned: still };
}

/** Sets the members of a group in both files. */
export function setMembers(databases: Databases, name: string, members: readonly string[]): void {
  const group = databases.group.get(name);
  if (group === undefined) return;
  const list = members.join(',');
  databases.group.put([name, group[1] ?? 'x', group[2] ?? '', list]);
  const shadow = databases.gshadow.get(name);
  if (shadow !== undefined) databases.gshadow.put([name, shadow[1] ?? '!', shadow[2] ?? '', list]);
}

function dropGroup(databases: Databases, name: string): void {
  databases.group.remove(name);
  databases.gshadow.remove(name);
}
