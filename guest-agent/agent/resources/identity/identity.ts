import type { Machine } from '../../plan/machine.ts';
import type { AdoptedFrom, OwnedAccount, Ownership } from '../../plan/ownership.ts';
import type { Desired, HomeKeys, ResourcePlan } from '../../plan/plan.ts';
import { hasExpired } from '../../schedule/next-due.ts';
import { type AccountsResult, editAccounts } from '../accounts/accounts.ts';
import { editMemberships } from '../accounts/memberships.ts';
import { groupsListing } from '../accounts/standing.ts';
import { takeAway } from '../accounts/taking-away.ts';
import { editGroups, removeUnwantedGroups } from '../groups/groups.ts';
import { markedHomes } from '../keys/home-keys.ts';
import { planKeys } from '../keys/keys.ts';
import { planSudoers } from '../sudoers/sudoers.ts';
import { type Databases, readDatabases } from './databases.ts';
import { identityContext } from './identity-context.ts';
import { planAccounts, planGroups, refusedGids } from './identity-resources.ts';

/** Groups, accounts, keys and sudoers: one unit, applied as a whole or not at all. */
export interface IdentityPlan {
  /** groups, accounts, keys, sudoers. */
  readonly resources: readonly ResourcePlan[];
  readonly groups: Ownership['groups'];
  readonly accounts: Ownership['accounts'];
}

/** Plans who exists, how they get in, and what they may do. Whose validity has ended counts as not given. */
export function planIdentity(desired: Desired, machine: Machine): IdentityPlan {
  const { guest, owned } = desired;
  const databases = readDatabases(machine.files);
  const expired = guest.accounts.filter((account) => hasExpired(account, machine.now));
  const given = guest.accounts.filter((account) => !expired.includes(account));
  const context = identityContext({ ...guest, accounts: given }, databases, machine);

  const groups = editGroups(databases, guest.groups, owned.groups, context);
  const accounts = editAccounts(databases, given, owned.accounts, refusedGids(guest.groups, groups), context);
  const ourGroups = new Set(groups.owned.map((group) => group.name));
  const listed = givenGroups(accounts, owned.accounts, databases);
  const memberships = editMemberships(databases, guest.groups, ourGroups, accounts.active, listed);
  const removed = removeUnwantedGroups(databases, owned.groups, groups.owned);
  const groupChanges = [...memberships.changes, ...removed.changes];
  const edited = { databases, groups, groupChanges, accounts, context };
  const refused = {
    accounts: new Set([...accounts.refused, ...expired.map(({ name }) => name)]),
    groups: groups.refused,
  };
  const ends = new Map(expired.map(({ name, notAfter = '' }) => [name, Date.parse(notAfter)]));
  const leavers = accounts.revoked.map(({ name, uid }) => ({
    name,
    uid,
    since: ends.get(name) ?? machine.now,
  }));

  const leftHomes = accounts.revoked.flatMap(({ name }) => homeFromEntry(databases.passwd.get(name)));
  const keys = planKeys({ accounts: accounts.active, leavers: leftHomes, extent: 'all' }, desired, machine);
  const marked = markedHomes(owned.accounts, keys.inHomes);

  return {
    resources: [
      planGroups(edited, machine),
      takeAway(planAccounts(edited, machine), leavers, guest.sessions, machine),
      keys,
      planSudoers(refused, desired, machine),
    ],
    groups: removed.owned,
    accounts: [
      ...accounts.active.map(
        ({ name, uid }): OwnedAccount => ({
          name,
          uid,
          state: 'active',
          extraGroups: memberships.extraGroups.get(name) ?? [],
          ...adoptedAs(accounts.adopted.get(name)),
          ...(marked.has(name) ? { homeKeys: true } : {}),
        }),
      ),
      ...accounts.revoked.map(
        ({ name, uid, adopted }): OwnedAccount => ({
          name,
          uid,
          state: 'revoked',
          extraGroups: [],
          ...adoptedAs(adopted),
          ...(marked.has(name) ? { homeKeys: true } : {}),
        }),
      ),
    ],
  };
}

/**
 * Groups that accounts leave unless policy gives them: those of ours the ones that we put them into, those that are out
 * or that we have just taken over all of them.
 */
function givenGroups(
  { adopted, revoked }: AccountsResult,
  owned: readonly OwnedAccount[],
  databases: Databases,
): ReadonlyMap<string, readonly string[]> {
  const known = new Map(owned.map(({ name, extraGroups }) => [name, extraGroups]));
  const takenOver = [...adopted].filter(([name]) => !known.has(name));
  const out = new Set(revoked.map(({ name }) => name));
  return new Map([
    ...known,
    ...takenOver.map(([name, { groups }]) => [name, groups] as const),
    ...groupsListing(out, databases),
  ]);
}

function homeFromEntry(entry: readonly string[] | undefined): readonly Omit<HomeKeys, 'lines'>[] {
  if (entry === undefined) return [];
  const [account = '', , uid = '', gid = '', , home = ''] = entry;
  return home.startsWith('/') ? [{ account, uid: Number(uid), gid: Number(gid), home }] : [];
}

function adoptedAs(adopted: AdoptedFrom | undefined): Pick<OwnedAccount, 'adopted'> {
  return adopted === undefined ? {} : { adopted };
}
