import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import type {
  DirectoryAccount,
  DirectoryGroup,
  DirectorySnapshot,
  DirectorySudoDefaults,
  DirectorySudoRole,
  DisabledAccount,
} from '../directory.ts';
import { type AccountChecks, lockAt, type ReadAccount, readAccount } from './account.ts';
import { type Clash, withoutClashes, withoutNestedHomes } from './clashes.ts';
import { createDirectorySchema, type DirectorySchema } from './directory-schema.ts';
import { comparableDn } from './distinguished-name.ts';
import type { DirectoryEntry } from './entry.ts';
import { type ReadOne, rememberingReader } from './entry-memory.ts';
import { readListedGroup } from './groups/listed-group.ts';
import { type MemberAccount, resolveMembership } from './groups/membership.ts';
import { readNestedGroup } from './groups/nested-group.ts';
import { readPrimaryGroup } from './groups/security-identifier.ts';
import { authorizedKeyCheck } from './keys/authorized-key.ts';
import { readNetgroup, tripleCheck } from './netgroups/netgroup.ts';
import { createNetgroupExpansion } from './netgroups/netgroup-expansion.ts';
import { createPosixChecks } from './posix-checks.ts';
import { isSudoDefaults, readSudoDefaults } from './sudo/sudo-defaults.ts';
import { createSudoRoleChecks, readSudoRole } from './sudo/sudo-role.ts';

/** Entries by kind, as a directory gave them. */
export interface DirectoryEntries {
  readonly accounts: readonly DirectoryEntry[];
  readonly groups: readonly DirectoryEntry[];
  /** nisNetgroup entries; what sudoRoles name with `+`. */
  readonly netgroups?: readonly DirectoryEntry[];
  readonly sudoRoles: readonly DirectoryEntry[];
}

/** Turns entries into what the rest of the server may trust. */
export type EntryMapping = (entries: DirectoryEntries) => DirectorySnapshot;

/** What an entry of an account stands for at any time, with what groups name it by. */
interface ReadPerson extends Omit<MemberAccount, 'name' | 'isLocked'> {
  readonly outcome: ReadAccount;
}

/** An account with what groups name it by. */
interface ReadEntry extends MemberAccount {
  readonly account: DirectoryAccount;
}

/**
 * The mapping of entries for one directory. Whatever does not pass the allow-lists is left out and reported with
 * DN, attribute and remedy; entries that clash (same name, number or home) are all left out.
 * @param minimumUid accounts and groups with lower numbers are refused
 * @param schema RFC 2307 if absent
 * @param clock for accounts that have ended or not begun
 */
export function createEntryMapping(options: {
  readonly source: string;
  readonly minimumUid: number;
  readonly validators: Pick<Validators, 'common'>;
  readonly schema?: DirectorySchema;
  readonly clock: Clock;
}): EntryMapping {
  const { source, minimumUid, validators, clock, schema = createDirectorySchema('rfc2307') } = options;
  const posix = createPosixChecks(validators, minimumUid);
  const checks: AccountChecks = { ...posix, authorizedKey: authorizedKeyCheck(validators) };
  const sudo = createSudoRoleChecks(validators, posix);
  const triple = tripleCheck(posix);

  const readPerson = rememberingReader(source, schema.account, (reader, { dn }): ReadPerson | undefined => {
    const outcome = readAccount(reader, checks, schema);
    if (outcome === undefined) return undefined;
    const primaryGroup = schema.primaryGroupById ? readPrimaryGroup(reader) : undefined;
    return { outcome, key: comparableDn(dn), primaryGroup };
  });
  const readNames = rememberingReader(source, schema.group, (reader) => readListedGroup(reader, posix));
  const readNode = rememberingReader(source, schema.group, (reader, { dn }) => {
    const node = readNestedGroup(reader, posix, schema);
    return node === undefined ? undefined : { key: comparableDn(dn), node };
  });
  const readTriples = rememberingReader(source, {}, (reader) => readNetgroup(reader, triple));

  return (entries) => {
    const rejected: RecordProblem[] = [];
    const disabled: DisabledAccount[] = [];
    const now = clock.now().getTime();

    function readAll<T>(of: readonly DirectoryEntry[], read: ReadOne<T>): readonly T[] {
      return of.flatMap((entry) => {
        const { value, problems } = read(entry);
        rejected.push(...problems);
        return value === undefined ? [] : [value];
      });
    }
    const report = ({ dn, ...problem }: Clash): void => {
      rejected.push({ source, record: dn, ...problem });
    };

    function readAccounts(locked: MemberAccount[]): readonly ReadEntry[] {
      const read = readAll(entries.accounts, readPerson).flatMap(({ outcome, ...names }): ReadEntry[] => {
        const lock = lockAt(now, outcome);
        if (lock !== undefined) {
          disabled.push(lock);
          locked.push({ ...names, name: lock.name, isLocked: true });
        }
        if (lock !== undefined || outcome.kind === 'disabled') return [];
        return [{ ...names, account: outcome.account, name: outcome.account.name, isLocked: false }];
      });
      const kept = new Set(
        withoutNestedHomes(
          withoutClashes(
            read.map(({ account }) => account),
            {
              uid: (account) => account.name,
              uidNumber: (account) => account.uid,
              homeDirectory: (account) => account.home,
            },
            report,
          ),
          report,
        ),
      );
      return read.filter(({ account }) => kept.has(account));
    }

    function readGroups(accounts: readonly MemberAccount[]): readonly DirectoryGroup[] {
      const clashing = { cn: nameOf, gidNumber: ({ gid }: { readonly gid: number }) => gid };
      if (schema.membership === 'names') {
        return withoutClashes(readAll(entries.groups, readNames), clashing, report);
      }
      const nodes = readAll(entries.groups, readNode);
      const named = nodes.flatMap(({ node }) =>
        node.posix === undefined ? [] : [{ ...node.posix, dn: node.dn, node }],
      );
      const kept = new Set(withoutClashes(named, clashing, report).map(({ node }) => node));
      const present = nodes.filter(({ node }) => node.posix === undefined || kept.has(node));
      return resolveMembership(present, accounts, { memberUid: 'member', ...schema.group });
    }

    const locked: MemberAccount[] = [];
    const accounts = readAccounts(locked);
    const groups = readGroups([...accounts, ...locked]);
    const netgroups = createNetgroupExpansion(
      withoutClashes(readAll(entries.netgroups ?? [], readTriples), { cn: nameOf }, report),
    );
    // Roles of one name in several places all count, as they do for sudo.
    const sudoEntries = readAll(
      entries.sudoRoles,
      rememberingReader(source, {}, (reader): DirectorySudoRole | DirectorySudoDefaults | undefined =>
        isSudoDefaults(reader)
          ? readSudoDefaults(reader, sudo.default)
          : readSudoRole(reader, sudo, netgroups),
      ),
    );
    const sudoRoles = sudoEntries.flatMap((entry) => ('settings' in entry ? [] : [entry]));
    const [sudoDefaults] = onlyOne(
      sudoEntries.flatMap((entry) => ('settings' in entry ? [entry] : [])),
      report,
    );
    return {
      accounts: accounts.map(({ account }) => account).sort(byName),
      groups: [...groups].sort(byName),
      sudoRoles: [...sudoRoles].sort(
        (one, other) => one.order - other.order || byName(one, other) || (one.dn < other.dn ? -1 : 1),
      ),
      ...(sudoDefaults === undefined ? {} : { sudoDefaults }),
      disabled: disabled.sort(byName),
      rejected,
    };
  };
}

/** sudo takes the first `cn=defaults` that the server gives; which one that is nobody knows. */
function onlyOne(
  defaults: readonly DirectorySudoDefaults[],
  report: (clash: Clash) => void,
): readonly DirectorySudoDefaults[] {
  if (defaults.length < 2) return defaults;
  for (const { dn } of defaults) {
    report({
      dn,
      field: 'cn',
      message: `is one of ${defaults.length} entries cn=defaults, of which none is taken`,
      remedy: 'keep one',
    });
  }
  return [];
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
