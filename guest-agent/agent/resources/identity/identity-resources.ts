import type { Machine } from '../../plan/machine.ts';
import { type Change, emptyPlan, type ResourcePlan } from '../../plan/plan.ts';
import type { Step } from '../../plan/step.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import type { AccountsResult } from '../accounts/accounts.ts';
import { planHomes } from '../accounts/homes.ts';
import type { GroupsResult } from '../groups/groups.ts';
import { databaseCheck } from './checks.ts';
import { type Databases, databaseFiles } from './databases.ts';

/** Edited databases, and what was edited. */
export interface EditedDatabases {
  readonly databases: Databases;
  readonly groups: GroupsResult;
  /** Changes of groups beside those in `groups`. */
  readonly groupChanges: readonly Change[];
  readonly accounts: AccountsResult;
}

/** Plan of `/etc/group` and `/etc/gshadow`. */
export function planGroups(
  { databases, groups, groupChanges }: EditedDatabases,
  machine: Machine,
): ResourcePlan {
  const wanted = databaseFiles(databases, ['group', 'gshadow'], machine.files);
  const { steps } = reconcileFiles('groups', wanted, [], machine.files);
  const names = groups.owned.map((group) => group.name);
  return {
    ...emptyPlan('groups'),
    steps,
    changes: describe(steps, [...groups.changes, ...groupChanges]),
    problems: groups.problems,
    checks: steps.length === 0 ? [] : databaseCheck('group', databases, names, machine),
  };
}

/** Plan of `/etc/passwd`, `/etc/shadow` and of homes. */
export function planAccounts({ databases, accounts }: EditedDatabases, machine: Machine): ResourcePlan {
  const wanted = databaseFiles(databases, ['passwd', 'shadow'], machine.files);
  const { steps } = reconcileFiles('accounts', wanted, [], machine.files);
  const homes = planHomes(accounts.active, machine);
  const names = accounts.active.map(({ name }) => name);
  return {
    ...emptyPlan('accounts'),
    steps: [...steps, ...homes.steps],
    changes: [...describe(steps, accounts.changes), ...homes.changes],
    problems: [...accounts.problems, ...homes.problems],
    checks: steps.length === 0 ? [] : databaseCheck('passwd', databases, names, machine),
    // Asked for at every run: somebody may have been logged in when an earlier run was cut short.
    live: accounts.revoked.map(({ uid, name }) => ({ kind: 'end-sessions', uid, account: name })),
  };
}

/** Names of groups of the guest that have the gid of a group that was refused, by gid. */
export function refusedGids(
  wanted: readonly { readonly name: string; readonly gid: number }[],
  { refused }: GroupsResult,
): ReadonlyMap<number, string> {
  return new Map(wanted.filter(({ name }) => refused.has(name)).map(({ gid, name }) => [gid, name]));
}

/** The changes by name, or the files themselves where only their form or attributes changed. */
function describe(steps: readonly Step[], changes: readonly Change[]): readonly Change[] {
  if (changes.length > 0) return changes;
  return steps.map((step) => ({ action: 'update', target: step.path }));
}
