import type { Machine } from '../../plan/machine.ts';
import type { OwnedAccount, Ownership } from '../../plan/ownership.ts';
import { type Change, type Desired, emptyPlan, type ResourcePlan } from '../../plan/plan.ts';
import type { Step } from '../../plan/step.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { editAccounts } from '../accounts/accounts.ts';
import { planHomes } from '../accounts/homes.ts';
import { editMemberships } from '../accounts/memberships.ts';
import { editGroups, removeUnwantedGroups } from '../groups/groups.ts';
import { planKeys } from '../keys/keys.ts';
import { planSudoers } from '../sudoers/sudoers.ts';
import { databaseCheck } from './checks.ts';
import { databaseFiles, readDatabases } from './databases.ts';

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
  const refusedGids = new Map(
    guest.groups.filter((group) => groups.refused.has(group.name)).map((group) => [group.gid, group.name]),
  );
  const accounts = editAccounts(databases, guest.accounts, owned.accounts, refusedGids, machine.now);
  const ourGroups = new Set(groups.owned.map((group) => group.name));
  const memberships = editMemberships(databases, guest.groups, ourGroups, accounts.active, owned.accounts);
  const removed = removeUnwantedGroups(databases, owned.groups, groups.owned);

  const groupFiles = reconcileFiles(
    'groups',
    databaseFiles(databases, ['group', 'gshadow'], machine.files),
    [],
    machine.files,
  );
  const accountFiles = reconcileFiles(
    'accounts',
    databaseFiles(databases, ['passwd', 'shadow'], machine.files),
    [],
    machine.files,
  );
  const homes = planHomes(accounts.active, machine);
  const refused = { accounts: accounts.refused, groups: groups.refused };

  return {
    resources: [
      {
        ...emptyPlan('groups'),
        steps: groupFiles.steps,
        changes: describe(groupFiles.steps, [...groups.changes, ...memberships.changes, ...removed.changes]),
        problems: groups.problems,
        checks:
          groupFiles.steps.length === 0 ? [] : databaseCheck('group', databases, [...ourGroups], machine),
      },
      {
        ...emptyPlan('accounts'),
        steps: [...accountFiles.steps, ...homes.steps],
        changes: [...describe(accountFiles.steps, accounts.changes), ...homes.changes],
        problems: [...accounts.problems, ...homes.problems],
        checks:
          accountFiles.steps.length === 0
            ? []
            : databaseCheck(
                'passwd',
                databases,
                accounts.active.map(({ name }) => name),
                machine,
              ),
        // Asked for at every run: somebody may have been logged in when an earlier run was cut short.
        live: accounts.revoked.map(({ uid, name }) => ({ kind: 'end-sessions', uid, account: name })),
      },
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

/** The changes by name, or the files themselves where only their form or attributes changed. */
function describe(steps: readonly Step[], changes: readonly Change[]): readonly Change[] {
  if (changes.length > 0) return changes;
  return steps.map((step) => ({ action: 'update', target: step.path }));
}
