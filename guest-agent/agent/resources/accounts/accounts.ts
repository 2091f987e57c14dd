import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { AdoptedFrom, OwnedAccount } from '../../plan/ownership.ts';
import { type Change, PlanError } from '../../plan/plan.ts';
import type { Databases } from '../identity/databases.ts';
import type { IdentityContext } from '../identity/identity-context.ts';
import { expiredEntry, expiryDay, passwdEntry, shadowEntry } from './entries.ts';
import { accountStanding } from './standing.ts';

/** What became of the accounts that are wanted. */
export interface AccountsResult {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  /** Accounts that are left to the guest's own name service. */
  readonly notes: readonly string[];
  /** Accounts that clash with something that is not ours, by name: nothing of them is touched, keys and rules included. */
  readonly refused: ReadonlySet<string>;
  /** Accounts that are ours and wanted. */
  readonly active: readonly GuestAccount[];
  /** What those were that the guest had before us, by name. */
  readonly adopted: ReadonlyMap<string, AdoptedFrom>;
  /** Accounts of ours that are no longer wanted. */
  readonly revoked: readonly OwnedAccount[];
  /** Accounts of ours that go on under another name: new name by old one. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Puts the wanted accounts into the databases and locks those of ours that are no longer wanted. */
export function editAccounts(
  databases: Databases,
  wanted: readonly GuestAccount[],
  owned: readonly OwnedAccount[],
  refusedGids: ReadonlyMap<number, string>,
  context: IdentityContext,
): AccountsResult {
  const changes: Change[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  const refused = new Set<string>();
  const active: GuestAccount[] = [];
  const adopted = new Map<string, AdoptedFrom>();
  const renamed = new Map<string, string>();
  const ours = new Map(owned.map((account) => [account.name, account]));
  const wantedNames = new Set(wanted.map((account) => account.name));
  const claims = { ours, refusedGids, isWanted: (name: string) => wantedNames.has(name) };

  for (const account of wanted) {
    const { name } = account;
    const standing = accountStanding(account, databases, claims, context);
    if (standing.kind === 'foreign') {
      notes.push(`account ${name}: comes from the guest's own name service and is left to it`);
      refused.add(name);
      continue;
    }
    if (standing.kind === 'clash') {
      problems.push(`account ${name}: ${standing.problem}`);
      const known = ours.get(name);
      const kept = asItStands(account, databases, known);
      if (kept === undefined) refused.add(name);
      else active.push(kept);
      if (kept !== undefined && known?.adopted !== undefined) adopted.set(name, known.adopted);
      continue;
    }
    const { replaces } = standing;
    if (replaces !== undefined) {
      // Renamed in the directory: the id is the person, two names for one id would both be her.
      databases.passwd.remove(replaces.name);
      databases.shadow.remove(replaces.name);
      ours.delete(replaces.name);
      renamed.set(replaces.name, name);
      changes.push({
        action: 'remove',
        target: `account ${replaces.name}`,
        detail: `its uid is ${name}'s now`,
      });
    }
    active.push(account);
    if (standing.adopted !== undefined) adopted.set(name, standing.adopted);
    const change = putAccount(databases, account, context.now);
    if (change !== undefined) {
      const takenOver = standing.adopted !== undefined && !ours.has(name) && replaces === undefined;
      changes.push(takenOver ? { ...change, detail: `${change.detail ?? ''}; adopted` } : change);
    }
  }

  const revoked = [...ours.values()].filter(
    ({ name, uid }) => !wantedNames.has(name) && databases.passwd.get(name)?.[2] === String(uid),
  );
  changes.push(...revoked.flatMap(({ name }) => lockAccount(databases, name, context.nologin) ?? []));
  return { changes, problems, notes, refused, active, adopted, revoked, renamed };
}

/** One of ours that clashes stays in as it is; `undefined` for one that is out of reach, for keys and rules too. */
function asItStands(
  account: GuestAccount,
  databases: Databases,
  known: OwnedAccount | undefined,
): GuestAccount | undefined {
  const entry = known === undefined ? undefined : databases.passwd.get(account.name);
  if (entry?.[2] !== String(known?.uid) || entry === undefined) return undefined;
  return { ...account, uid: Number(entry[2]), gid: Number(entry[3]), home: entry[5] ?? account.home };
}

function putAccount(databases: Databases, account: GuestAccount, now: number): Change | undefined {
  const before = databases.passwd.get(account.name);
  const expires = account.breakGlass === true ? undefined : expiryDay(account.notAfter);
  const shadow = databases.shadow.get(account.name);
  const today = Math.floor(now / 86_400_000);
  const changed =
    putIfChanged(databases.passwd, passwdEntry(account)) |
    putIfChanged(databases.shadow, shadowEntry(account.name, shadow, today, expires));
  if (changed === 0) return undefined;
  return {
    action: before === undefined ? 'create' : 'update',
    target: `account ${account.name}`,
    detail: `uid ${account.uid}, gid ${account.gid}`,
  };
}

function lockAccount(databases: Databases, name: string, nologin: string): Change | undefined {
  const entry = databases.passwd.get(name);
  if (entry === undefined) return undefined;
  const locked = expiredEntry(entry, databases.shadow.get(name), nologin);
  const changed =
    putIfChanged(databases.passwd, locked.passwd) | putIfChanged(databases.shadow, locked.shadow);
  if (changed === 0) return undefined;
  return { action: 'remove', target: `account ${name}`, detail: 'locked and expired; its home stays' };
}

/** 1 if the entry was new or other than before. */
function putIfChanged(table: Databases['passwd'], fields: readonly string[]): 0 | 1 {
  const [name] = fields;
  if (name === undefined) throw new PlanError('an entry without a name');
  if (table.get(name)?.join(':') === fields.join(':')) return 0;
  table.put(fields);
  return 1;
}
