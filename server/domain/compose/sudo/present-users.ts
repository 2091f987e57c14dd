import type { IdentityValue } from '../composition.ts';

/** Tells which members of a sudoers user list mean somebody on one guest. */
export interface PresentUsers {
  /**
   * Members who are there, negated ones last: in a sudoers list the last match wins, and in LDAP a negation always
   * does (sudoers.ldap(5)). Empty if nobody is let in.
   */
  among(users: readonly string[]): string[];
}

/** @param extraGroups groups of the guest's own that count too */
export function createPresentUsers(
  { accounts, groups }: IdentityValue,
  extraGroups: readonly string[] = [],
): PresentUsers {
  const names = new Set(accounts.map(({ name }) => name));
  const uids = new Set(accounts.map(({ uid }) => uid));
  const primary = new Set(accounts.map(({ gid }) => gid));
  const inhabited = groups.filter((group) => group.members.length > 0 || primary.has(group.gid));
  const groupNames = new Set([...inhabited.map(({ name }) => name), ...extraGroups]);
  const gids = new Set(inhabited.map(({ gid }) => gid));
  const isPresent = (user: string): boolean => {
    if (user === 'ALL') return names.size > 0;
    if (user.startsWith('%#')) return gids.has(Number(user.slice(2)));
    if (user.startsWith('#')) return uids.has(Number(user.slice(1)));
    if (user.startsWith('%')) return groupNames.has(user.slice(1));
    return names.has(user);
  };
  return {
    among(users) {
      const positive = users.filter((user) => !user.startsWith('!') && isPresent(user));
      if (positive.length === 0) return [];
      return [...positive, ...users.filter((user) => user.startsWith('!') && isPresent(user.slice(1)))];
    },
  };
}
