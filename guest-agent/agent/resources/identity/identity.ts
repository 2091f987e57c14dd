import type { Machine } from '../../plan/machine.ts';
import type { OwnedAccount, Ownership } from '../../plan/ownership.ts';
import type { Desired, ResourcePlan } from '../../plan/plan.ts';
import { editAccounts } from '../accounts/accounts.ts';
import { editMemberships } from '../accounts/memberships.ts';
import { editGroups, removeUnwantedGroups } from '../groups/groups.ts';
import { planKeys } from '../keys/keys.ts';
import { planSudoers } from '../sudoers/sudoers.ts';
import { readDatabases } from './databases.ts';
import { planAccounts, planGroups, refusedGids } from './identity-resources.ts';

/** Groups, accounts, keys and sudoers: one unit, applied as a whole or not at all. */
export interface IdentityPlan {
  /** groups, accounts, keys, sudoers. */
  readonly resources: readonly ResourcePlan[];
  readonly groups: Ownership['groups'];
  readonly accounts: Ownership['accounts'];
}

/** Plans who exists, how they get in, and what they may do. */
export function planIdentity(desired: Desired, machine: Machine): IdentityPlan {
  const { guest, owned } = desired;
  const databases = readDatabases(machine.files);

  const groups = editGroups(databases, guest.groups, owned.groups);
  const accounts = editAccounts(
    databases,
    guest.accounts,
    owned.accounts,
    refusedGids(guest.groups, groups),
    machine.now,
  );
  const ourGroups = new Set(groups.owned.map((group) => group.name));
  const memberships = editMemberships(databases, guest.groups, ourGroups, accounts.active, owned.accounts);
  const removed = removeUnwantedGroups(databases, owned.groups, groups.owned);
  const groupChanges = [...memberships.changes, ...removed.changes];
  const edited = { databases, groups, groupChanges, accounts };
  const refused = { accounts: accounts.refused, groups: groups.refused };

  return {
    resources: [
      planGroups(edited, machine),
      planAccounts(edited, machine),
      planKeys(accounts.active, desired, machine),
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
        }),
      ),
      ...accounts.revoked.map(
        ({ name, uid }): OwnedAccount => ({ name, uid, state: 'revoked', extraGroups: [] }),
      ),
    ],
  };
}
