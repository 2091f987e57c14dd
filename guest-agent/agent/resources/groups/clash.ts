import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { OwnedGroup } from '../../plan/ownership.ts';
import type { Databases } from '../identity/databases.ts';
import type { IdentityContext } from '../identity/identity-context.ts';
import { foreignHolder } from '../identity/name-service.ts';

/** What a group that is wanted meets on the guest. */
export type GroupStanding =
  /** It may be ours, or is already. `replaces`: one of ours that is no longer wanted has its number. */
  | { readonly kind: 'ours'; readonly replaces?: string; readonly adopted?: true }
  /** The guest's own is just what is wanted: it gains members, and is never removed. */
  | { readonly kind: 'guests' }
  /** It comes from SSSD, LDAP or another source, which looks after it. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'clash'; readonly problem: string };

/** Whose a group is. */
export function groupStanding(
  { name, gid }: GuestGroup,
  databases: Databases,
  owned: ReadonlyMap<string, OwnedGroup>,
  isWanted: (name: string) => boolean,
  { foreign, adopt, loginDefs }: IdentityContext,
): GroupStanding {
  const clash = (problem: string): GroupStanding => ({ kind: 'clash', problem });
  const id = String(gid);
  const current = databases.group.get(name);
  const holder = databases.group.holdersOf(id).find((other) => other !== name);
  const predecessor = holder === undefined ? undefined : owned.get(holder);
  const goes = predecessor !== undefined && predecessor.adopted !== true && !isWanted(predecessor.name);
  if (holder !== undefined && !goes) {
    return clash(`gid ${id} belongs to the guest's own group ${holder}; change one of the two ids`);
  }
  const known = owned.get(name);
  if (current !== undefined && known === undefined) {
    if (current[2] !== id) {
      return clash(
        `the guest has a group of that name with gid ${current[2] ?? ''} that is not Ubugi's; rename one of the two`,
      );
    }
    return adopt && gid >= loginDefs.gidMin ? { kind: 'ours', adopted: true } : { kind: 'guests' };
  }
  if (current === undefined && foreign.unanswered !== undefined) return clash(foreign.unanswered);
  const twin = current === undefined ? foreignHolder(foreign.groups, name, gid) : undefined;
  if (twin?.name === name && twin.id === id) return { kind: 'foreign' };
  if (twin !== undefined) {
    return clash(
      `the guest has group ${twin.name} with gid ${twin.id} from its own name service; change one of the two`,
    );
  }
  return {
    kind: 'ours',
    ...(goes ? { replaces: predecessor.name } : {}),
    ...(known?.adopted === true ? { adopted: true } : {}),
  };
}
