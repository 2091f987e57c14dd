import type { IdentityValue } from '../../domain/compose/composition.ts';
import { matchesGlob } from '../../domain/glob.ts';

/** Who has access somewhere: what a guard compares before and after a run. */
export interface AccessCensus {
  /** Accounts that are on at least one guest. */
  readonly accounts: ReadonlySet<string>;
  /** Members of the admin groups over all guests, by group. */
  readonly adminGroups: ReadonlyMap<string, ReadonlySet<string>>;
}

/** @param identities each distinct one once @param adminGroups names or patterns with `*` */
export function takeAccessCensus(
  identities: Iterable<IdentityValue>,
  adminGroups: readonly string[],
): AccessCensus {
  const accounts = new Set<string>();
  const admins = new Map<string, Set<string>>();
  const isAdmin = (group: string): boolean => adminGroups.some((pattern) => matchesGlob(pattern, group));
  const membersOf = (group: string): Set<string> => {
    const known = admins.get(group) ?? new Set<string>();
    admins.set(group, known);
    return known;
  };
  for (const identity of identities) {
    for (const { name, extraGroups = [] } of identity.accounts) {
      accounts.add(name);
      // The guest's own groups, such as sudo: a directory may not have groups of these names.
      for (const group of extraGroups) if (isAdmin(group)) membersOf(group).add(name);
    }
    for (const { name, gid, members } of identity.groups) {
      if (!isAdmin(name)) continue;
      const known = membersOf(name);
      for (const member of members) known.add(member);
      for (const account of identity.accounts) if (account.gid === gid) known.add(account.name);
    }
  }
  return { accounts, adminGroups: admins };
}
