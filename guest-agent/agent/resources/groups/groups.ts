import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { OwnedGroup } from '../../plan/ownership.ts';
import type { Change } from '../../plan/plan.ts';
import { accountName, guard, guardInteger } from '../../rendering/guard.ts';
import type { Databases } from '../identity/databases.ts';
import type { IdentityContext } from '../identity/identity-context.ts';
import { groupStanding } from './clash.ts';

/** What became of the groups that are wanted. */
export interface GroupsResult {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  /** Groups that are left to the guest's own name service. */
  readonly notes: readonly string[];
  /** Groups that clash with one that is not ours, by name: nothing of them is touched. */
  readonly refused: ReadonlySet<string>;
  readonly owned: readonly OwnedGroup[];
}

/** Puts the wanted groups into the databases, without members; members are set with the accounts. */
export function editGroups(
  databases: Databases,
  wanted: readonly GuestGroup[],
  owned: readonly OwnedGroup[],
  context: IdentityContext,
): GroupsResult {
  const changes: Change[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  const refused = new Set<string>();
  const kept: OwnedGroup[] = [];
  const ours = new Map(owned.map((group) => [group.name, group]));
  const wantedNames = new Set(wanted.map((group) => group.name));

  for (const group of wanted) {
    const { name, gid } = group;
    guard('groups[].name', name, accountName);
    const id = guardInteger('groups[].gid', gid, 1, 4294967293);
    const standing = groupStanding(group, databases, ours, (other) => wantedNames.has(other), context);
    if (standing.kind === 'guests') continue;
    if (standing.kind === 'foreign') {
      notes.push(`group ${name}: comes from the guest's own name service and is left to it`);
      continue;
    }
    const current = databases.group.get(name);
    if (standing.kind === 'clash') {
      problems.push(`group ${name}: ${standing.problem}`);
      // One of ours stays as it is; one that is not ours is out of reach for everything that refers to it.
      const known = ours.get(name);
      if (known !== undefined && current !== undefined) kept.push(known);
      else refused.add(name);
      continue;
    }
    if (standing.replaces !== undefined) dropGroup(databases, standing.replaces);
    kept.push({ name, gid, ...(standing.adopted === true ? { adopted: true } : {}) });
    const change = putGroup(databases, name, id);
    if (change !== undefined) changes.push(change);
    else if (standing.adopted === true && !ours.has(name)) {
      changes.push({ action: 'update', target: `group ${name}`, detail: `gid ${id}; adopted` });
    }
  }
  return { changes, problems, notes, refused, owned: kept };
}

function putGroup({ group, gshadow }: Databases, name: string, id: string): Change | undefined {
  const current = group.get(name);
  const members = current?.[3] ?? '';
  const inShadow = gshadow === undefined || gshadow.get(name) !== undefined;
  if (current?.[2] === id && inShadow) return undefined;
  group.put([name, 'x', id, members]);
  if (!inShadow) gshadow?.put([name, '!', '', members]);
  const action = current === undefined ? 'create' : 'update';
  return { action, target: `group ${name}`, detail: `gid ${id}` };
}

/**
 * Removes groups of ours that are no longer wanted, but for those that are still somebody's primary group. One that was
 * the guest's own loses its members and is the guest's again.
 */
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
    if (primary.has(current[2]) || group.adopted === true) {
      if (group.adopted !== true) still.push(group);
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
  const shadow = databases.gshadow?.get(name);
  if (shadow !== undefined) databases.gshadow?.put([name, shadow[1] ?? '!', shadow[2] ?? '', list]);
}

function dropGroup(databases: Databases, name: string): void {
  databases.group.remove(name);
  databases.gshadow?.remove(name);
}
