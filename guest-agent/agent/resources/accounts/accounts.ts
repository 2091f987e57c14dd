import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { OwnedAccount } from '../../plan/ownership.ts';
import { type Change, PlanError } from '../../plan/plan.ts';
import type { Databases } from '../identity/databases.ts';
import { expiredEntry, expiryDay, passwdEntry, shadowEntry } from './entries.ts';

/** What became of the accounts that are wanted. */
export interface AccountsResult {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  /** Accounts that clash with something that is not ours, by name: nothing of them is touched, keys and rules included. */
  readonly refused: ReadonlySet<string>;
  /** Accounts that are ours and wanted. */
  readonly active: readonly GuestAccount[];
  /** Accounts of ours that are no longer wanted. */
  readonly revoked: readonly OwnedAccount[];
}

/** Puts the wanted accounts into the databases and locks those of ours that are no longer wanted. */
export function editAccounts(
  databases: Databases,
  wanted: readonly GuestAccount[],
  owned: readonly OwnedAccount[],
  refusedGids: ReadonlyMap<number, string>,
  now: number,
): AccountsResult {
  const changes: Change[] = [];
  const problems: string[] = [];
  const refused = new Set<string>();
  const active: GuestAccount[] = [];
  const ours = new Map(owned.map((account) => [account.name, account]));
  const wantedNames = new Set(wanted.map((account) => account.name));
  const today = Math.floor(now / 86_400_000);

  for (const account of wanted) {
    const holder = idHolder(databases, account);
    const replaced = holder === undefined ? undefined : ours.get(holder);
    const replaceable = replaced !== undefined && !wantedNames.has(replaced.name);
    const clash = clashOf(databases, account, ours, replaceable ? undefined : holder, refusedGids);
    if (clash !== undefined) {
      problems.push(`account ${account.name}: ${clash}`);
      const entry = ours.has(account.name) ? databases.passwd.get(account.name) : undefined;
      // One of ours stays in as it was; one that is not ours is out of reach for keys and rules too.
      if (entry?.[2] === String(ours.get(account.name)?.uid)) {
        active.push({
          ...account,
          uid: Number(entry[2]),
          gid: Number(entry[3]),
          home: entry[5] ?? account.home,
        });
      } else refused.add(account.name);
      continue;
    }
    if (replaceable) {
      // Renamed in the directory: the id is the person, two names for one id would both be her.
      databases.passwd.remove(replaced.name);
      databases.shadow.remove(replaced.name);
      ours.delete(replaced.name);
      changes.push({
        action: 'remove',
        target: `account ${replaced.name}`,
        detail: `its uid is ${account.name}'s now`,
      });
    }
    active.push(account);
    const change = putAccount(databases, account, today, now);
    if (change !== undefined) changes.push(change);
  }

  const revoked: OwnedAccount[] = [];
  for (const account of ours.values()) {
    if (wantedNames.has(account.name)) continue;
    const entry = databases.passwd.get(account.name);
    if (entry === undefined || entry[2] !== String(account.uid)) continue;
    revoked.push(account);
    const locked = expiredEntry(entry, databases.shadow.get(account.name));
    const changed =
      putIfChanged(databases.passwd, locked.passwd) | putIfChanged(databases.shadow, locked.shadow);
    if (changed !== 0) {
      changes.push({
        action: 'remove',
        target: `account ${account.name}`,
        detail: 'locked and expired; its home stays',
      });
    }
  }
  return { changes, problems, refused, active, revoked };
}

/** Name of another entry that has the account's uid. */
function idHolder(databases: Databases, account: GuestAccount): string | undefined {
  return databases.passwd.holdersOf(String(account.uid)).find((name) => name !== account.name);
}

function clashOf(
  databases: Databases,
  account: GuestAccount,
  ours: ReadonlyMap<string, OwnedAccount>,
  holder: string | undefined,
  refusedGids: ReadonlyMap<number, string>,
): string | undefined {
  const current = databases.passwd.get(account.name);
  const known = ours.get(account.name);
  if (current !== undefined && String(known?.uid) !== current[2]) {
    return `the guest has an account of that name with uid ${current[2] ?? ''} that is not Ubugi's; rename one of the two`;
  }
  if (holder !== undefined)
    return `uid ${account.uid} belongs to the guest's own account ${holder}; change one of the two ids`;
  if (current !== undefined && current[2] !== String(account.uid)) {
    return `its uid was ${current[2] ?? ''} here and would become ${account.uid}; files would change hands, give it a new name instead`;
  }
  const group = refusedGids.get(account.gid);
  if (group !== undefined) return `its primary group ${group} was refused`;
  const gid = String(account.gid);
  if (databases.group.holdersOf(gid).length === 0) {
    return `its primary group with gid ${gid} is neither in the guest configuration nor on the guest; add it`;
  }
  return undefined;
}

function putAccount(
  databases: Databases,
  account: GuestAccount,
  today: number,
  now: number,
): Change | undefined {
  const before = databases.passwd.get(account.name);
  const expires = account.breakGlass === true ? undefined : expiryDay(account.notAfter, now);
  const changed =
    putIfChanged(databases.passwd, passwdEntry(account)) |
    putIfChanged(
      databases.shadow,
      shadowEntry(account.name, databases.shadow.get(account.name), today, expires),
    );
  if (changed === 0) return undefined;
  return {
    action: before === undefined ? 'create' : 'update',
    target: `account ${account.name}`,
    detail: `uid ${account.uid}, gid ${account.gid}`,
  };
}

/** 1 if the entry was new or other than before. */
function putIfChanged(table: Databases['passwd'], fields: readonly string[]): 0 | 1 {
  const [name] = fields;
  if (name === undefined) throw new PlanError('an entry without a name');
  if (table.get(name)?.join(':') === fields.join(':')) return 0;
  table.put(fields);
  return 1;
}
