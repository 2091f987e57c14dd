import type { Machine } from '../../plan/machine.ts';
import type { OwnedAccount, Ownership } from '../../plan/ownership.ts';
import { type Desired, emptyPlan, type Plan, type ResourcePlan } from '../../plan/plan.ts';
import { messageOf } from '../../system/system.ts';
import { type AccountsResult, editAccounts } from '../accounts/accounts.ts';
import { editGroups } from '../groups/groups.ts';
import { markedHomes } from '../keys/home-keys.ts';
import { planKeys } from '../keys/keys.ts';
import { planBreakGlassSudoers } from '../sudoers/sudoers.ts';
import { readDatabases } from './databases.ts';
import { identityContext } from './identity-context.ts';
import { planAccounts, planGroups, refusedGids } from './identity-resources.ts';

/**
 * Plans the break-glass accounts by themselves: their entries, homes, keys and sudo rules, and nothing of anybody else,
 * so that it can be carried out before all the rest and stands whatever becomes of that. What of it cannot be done here is
 * left to the plan of the whole, which comes after and reports it.
 *
 * @returns `undefined` where no such account is configured. Throws where the account files cannot be read.
 */
export function planBreakGlass({ guest, owned }: Desired, machine: Machine): Plan | undefined {
  const wanted = guest.accounts.filter(({ breakGlass }) => breakGlass === true);
  if (wanted.length === 0) return undefined;
  const gids = new Set(wanted.map(({ gid }) => gid));
  const ownGroups = guest.groups.filter(({ gid }) => gids.has(gid));
  const databases = readDatabases(machine.files);

  // Only what is known of these: anything else of ours would look as if it were no longer wanted.
  const context = identityContext(
    { ...guest, accounts: wanted, groups: ownGroups },
    databases,
    machine,
    true,
  );
  const groups = editGroups(databases, ownGroups, among(owned.groups, ownGroups), context);
  const accounts = editAccounts(
    databases,
    wanted,
    among(owned.accounts, wanted),
    refusedGids(ownGroups, groups),
    context,
  );
  const edited = { databases, groups, groupChanges: [], accounts, context };
  const refused = { accounts: accounts.refused, groups: groups.refused };
  const nothingOfOthers: Pick<Desired, 'owned'> = { owned: { ...owned, files: [] } };
  const resources = [
    planGroups(edited, machine),
    planAccounts(edited, machine),
    orNothing('keys', () =>
      planKeys({ accounts: accounts.active, leavers: [], extent: 'some' }, nothingOfOthers, machine),
    ),
    orNothing('sudoers', () => planBreakGlassSudoers(refused, { guest }, machine)),
  ];
  return { resources, owned: together(owned, resources, groups.owned, accounts) };
}

function orNothing(resource: ResourcePlan['resource'], plan: () => ResourcePlan): ResourcePlan {
  try {
    return plan();
  } catch (error) {
    return { ...emptyPlan(resource), problems: [messageOf(error)] };
  }
}

function among<T extends { readonly name: string }>(
  known: readonly T[],
  wanted: readonly { readonly name: string }[],
): readonly T[] {
  const names = new Set(wanted.map(({ name }) => name));
  return known.filter(({ name }) => names.has(name));
}

/** What was ours, and these. */
function together(
  owned: Ownership,
  resources: readonly ResourcePlan[],
  groups: Ownership['groups'],
  { active, adopted }: Pick<AccountsResult, 'active' | 'adopted'>,
): Ownership {
  const paths = new Set(owned.files.map(({ path }) => path));
  const files = resources.flatMap(({ resource, owns }) =>
    owns.filter((path) => !paths.has(path)).map((path) => ({ path, resource })),
  );
  const names = new Set([...groups, ...owned.groups].map(({ name }) => name));
  const marked = markedHomes(
    owned.accounts,
    resources.flatMap(({ inHomes = [] }) => inHomes),
  );
  const before = new Map(owned.accounts.map((account) => [account.name, account]));
  const accounts = active.map(({ name, uid }): OwnedAccount => {
    const known = before.get(name);
    const from = adopted.get(name);
    return {
      name,
      uid,
      state: 'active',
      // Those of one just taken over go with the plan of the whole, which must still know that we answer for them.
      extraGroups: known?.extraGroups ?? from?.groups ?? [],
      ...(from === undefined ? {} : { adopted: from }),
      ...(marked.has(name) ? { homeKeys: true } : {}),
    };
  });
  const replaced = new Set(active.map(({ name }) => name));
  return {
    files: [...owned.files, ...files],
    groups: [...names].flatMap((name) => {
      const group = [...groups, ...owned.groups].find((candidate) => candidate.name === name);
      return group === undefined ? [] : [group];
    }),
    accounts: [...owned.accounts.filter(({ name }) => !replaced.has(name)), ...accounts],
  };
}
