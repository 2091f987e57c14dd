import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { AdoptedFrom, OwnedAccount } from '../../plan/ownership.ts';
import type { Databases } from '../identity/databases.ts';
import type { IdentityContext } from '../identity/identity-context.ts';
import { foreignHolder } from '../identity/name-service.ts';

/** What an account that is wanted meets on the guest. */
export type AccountStanding =
  /**
   * It may be ours, or is already. `replaces`: one of ours that is no longer wanted has its number; `adopted`: what it was
   * before policy let us take it over, now or earlier.
   */
  | { readonly kind: 'ours'; readonly replaces?: OwnedAccount; readonly adopted?: AdoptedFrom }
  /** It comes from SSSD, LDAP or another source, which looks after it. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'clash'; readonly problem: string };

/** Accounts that are ours, who is wanted, and groups that are out of reach, by gid. */
export interface Claims {
  readonly ours: ReadonlyMap<string, OwnedAccount>;
  readonly isWanted: (name: string) => boolean;
  readonly refusedGids: ReadonlyMap<number, string>;
}

/** Whose an account is. One that is not ours is taken over only whole: same name, same number, no system account. */
export function accountStanding(
  account: GuestAccount,
  databases: Databases,
  { ours, isWanted, refusedGids }: Claims,
  context: IdentityContext,
): AccountStanding {
  const clash = (problem: string): AccountStanding => ({ kind: 'clash', problem });
  const { name, uid } = account;
  const current = databases.passwd.get(name);
  const known =
    current !== undefined && String(ours.get(name)?.uid) !== current[2] ? undefined : ours.get(name);
  if (current !== undefined && known === undefined) {
    const refusal = adoptionRefusal(account, current, context);
    if (refusal !== undefined) return clash(refusal);
  }
  const holder = databases.passwd.holdersOf(String(uid)).find((other) => other !== name);
  const replaced = holder === undefined ? undefined : ours.get(holder);
  const replaces = replaced !== undefined && !isWanted(replaced.name) ? replaced : undefined;
  if (holder !== undefined && replaces === undefined) {
    return clash(`uid ${uid} belongs to the guest's own account ${holder}; change one of the two ids`);
  }
  if (current !== undefined && current[2] !== String(uid)) {
    return clash(
      `its uid was ${current[2] ?? ''} here and would become ${uid}; files would change hands, give it a new name instead`,
    );
  }
  if (current === undefined && replaces === undefined) {
    const twin = twinOf(account, context);
    if (twin !== undefined) return twin;
  }
  const group = refusedGids.get(account.gid);
  if (group !== undefined) return clash(`its primary group ${group} was refused`);
  const gid = String(account.gid);
  if (databases.group.holdersOf(gid).length === 0 && !context.foreign.groups.has(gid)) {
    return clash(
      `its primary group with gid ${gid} is neither in the guest configuration nor on the guest; add it`,
    );
  }
  const adopted =
    known?.adopted ??
    (current !== undefined && known === undefined ? before(current, databases) : replaces?.adopted);
  return {
    kind: 'ours',
    ...(replaces === undefined ? {} : { replaces }),
    ...(adopted === undefined ? {} : { adopted }),
  };
}

/** Why what the guest has under that name is not taken over; `undefined` if it may be. */
function adoptionRefusal(
  { uid }: GuestAccount,
  current: readonly string[],
  { adopt, loginDefs }: IdentityContext,
): string | undefined {
  const id = current[2] ?? '';
  if (id !== String(uid)) {
    return `the guest has an account of that name with uid ${id} that is not Ubugi's; rename one of the two`;
  }
  if (uid < loginDefs.uidMin) return `it is a system account of the guest; give it another name and number`;
  if (adopt) return undefined;
  return `the guest has an account of that name with uid ${id} that is not Ubugi's; let policy adopt it, or rename one of the two`;
}

/** What SSSD, LDAP or another source has to say against a local account. */
function twinOf({ name, uid }: GuestAccount, { foreign }: IdentityContext): AccountStanding | undefined {
  if (foreign.unanswered !== undefined) return { kind: 'clash', problem: foreign.unanswered };
  const twin = foreignHolder(foreign.accounts, name, uid);
  if (twin === undefined) return undefined;
  if (twin.name === name && twin.id === String(uid)) return { kind: 'foreign' };
  return {
    kind: 'clash',
    problem: `the guest has account ${twin.name} with uid ${twin.id} from its own name service; change one of the two`,
  };
}

/** What an account of the guest is, for the record. */
function before(entry: readonly string[], databases: Databases): AdoptedFrom {
  const [name = '', , , gid = '', gecos = '', home = '', shell = ''] = entry;
  return {
    gid: Number(gid),
    gecos,
    home,
    shell,
    groups: groupsListing(new Set([name]), databases).get(name) ?? [],
    password: /^[^!*]/.test(databases.shadow.get(name)?.[1] ?? ''),
  };
}

/** Groups that have these accounts as members, whoever put them there; by account, in one look at the file. */
export function groupsListing(
  names: ReadonlySet<string>,
  { group }: Databases,
): ReadonlyMap<string, readonly string[]> {
  const listing = new Map([...names].map((name) => [name, [] as string[]]));
  if (names.size === 0) return listing;
  for (const [name = '', , , members = ''] of group.entries()) {
    for (const member of members.split(',')) listing.get(member)?.push(name);
  }
  return listing;
}
