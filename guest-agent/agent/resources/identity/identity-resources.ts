import type { Machine } from '../../plan/machine.ts';
import { type Change, emptyPlan, type LiveAction, type ResourcePlan } from '../../plan/plan.ts';
import type { Step } from '../../plan/step.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import type { AccountsResult } from '../accounts/accounts.ts';
import { planHomes } from '../accounts/homes.ts';
import { subordinateIdFiles } from '../accounts/subordinate-ids.ts';
import type { GroupsResult } from '../groups/groups.ts';
import { databaseCheck } from './checks.ts';
import { type Databases, databaseFiles } from './databases.ts';
import type { IdentityContext } from './identity-context.ts';

/** Edited databases, and what was edited. */
export interface EditedDatabases {
  readonly databases: Databases;
  readonly groups: GroupsResult;
  /** Changes of groups beside those in `groups`. */
  readonly groupChanges: readonly Change[];
  readonly accounts: AccountsResult;
  readonly context: IdentityContext;
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
    notes: groups.notes,
    checks: steps.length === 0 ? [] : databaseCheck('group', databases, names, machine),
    live: steps.length === 0 ? [] : forgetCached('group', machine),
  };
}

/** Plan of `/etc/passwd`, `/etc/shadow`, `/etc/subuid`, `/etc/subgid` and of homes. */
export function planAccounts(
  { databases, accounts, context }: EditedDatabases,
  machine: Machine,
): ResourcePlan {
  const wanted = databaseFiles(databases, ['passwd', 'shadow'], machine.files);
  const subordinate = subordinateIdFiles(accounts, databases, context.loginDefs, machine.files);
  const entries = reconcileFiles('accounts', wanted, [], machine.files);
  const ranges = reconcileFiles('accounts', subordinate, [], machine.files);
  const homes = planHomes(accounts.active, machine);
  const names = accounts.active.map(({ name }) => name);
  return {
    ...emptyPlan('accounts'),
    steps: [...entries.steps, ...ranges.steps, ...homes.steps],
    changes: [...describe(entries.steps, accounts.changes), ...ranges.changes, ...homes.changes],
    problems: [...accounts.problems, ...homes.problems],
    notes: accounts.notes,
    checks: entries.steps.length === 0 ? [] : databaseCheck('passwd', databases, names, machine),
    live: entries.steps.length === 0 ? [] : forgetCached('passwd', machine),
  };
}

/** nscd(8) keeps what it was once told; one that does not run keeps nothing. */
function forgetCached(table: 'passwd' | 'group', machine: Machine): readonly LiveAction[] {
  const nscd = machine.program('nscd');
  const runs = ['/run/nscd/socket', '/var/run/nscd/socket'].some(
    (path) => machine.files.entry(path) !== undefined,
  );
  return nscd !== undefined && runs
    ? [{ kind: 'command', argv: [nscd, '-i', table], timeoutMs: 10_000 }]
    : [];
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
