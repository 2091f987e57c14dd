import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import type { DirectorySnapshot } from '../directory.ts';
import { readAccount } from './account.ts';
import { type Clash, withoutClashes, withoutNestedHomes } from './clashes.ts';
import type { DirectoryEntry } from './entry.ts';
import { EntryReader } from './entry-reader.ts';
import { readGroup } from './group.ts';
import { readNetgroup, tripleCheck } from './netgroups/netgroup.ts';
import { createNetgroupExpansion } from './netgroups/netgroup-expansion.ts';
import { createPosixChecks } from './posix-checks.ts';
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

/**
 * The mapping of entries for one directory. Whatever does not pass the allow-lists is left out and reported with
 * DN, attribute and remedy; entries that clash (same name, number or home) are all left out.
 * @param minimumUid accounts and groups with lower numbers are refused
 */
export function createEntryMapping(options: {
  readonly source: string;
  readonly minimumUid: number;
  readonly validators: Pick<Validators, 'common'>;
}): EntryMapping {
  const { source, minimumUid, validators } = options;
  const posix = createPosixChecks(validators, minimumUid);
  const sudo = createSudoRoleChecks(validators, posix);
  const triple = tripleCheck(posix);

  return (entries) => {
    const rejected: RecordProblem[] = [];

    function readAll<T>(
      of: readonly DirectoryEntry[],
      read: (reader: EntryReader) => T | undefined,
    ): readonly T[] {
      return of.flatMap((entry) => {
        const reader = new EntryReader(entry, source);
        const value = read(reader);
        rejected.push(...reader.problems);
        return value === undefined ? [] : [value];
      });
    }
    const report = (clash: Clash): void => {
      rejected.push({
        source,
        record: clash.dn,
        field: clash.field,
        message: clash.message,
        remedy: clash.remedy,
      });
    };

    const accounts = withoutNestedHomes(
      withoutClashes(
        readAll(entries.accounts, (reader) => readAccount(reader, posix)),
        {
          uid: (account) => account.name,
          uidNumber: (account) => account.uid,
          homeDirectory: (account) => account.home,
        },
        report,
      ),
      report,
    );
    const groups = withoutClashes(
      readAll(entries.groups, (reader) => readGroup(reader, posix)),
      { cn: (group) => group.name, gidNumber: (group) => group.gid },
      report,
    );
    const netgroups = createNetgroupExpansion(
      withoutClashes(
        readAll(entries.netgroups ?? [], (reader) => readNetgroup(reader, triple)),
        { cn: (netgroup) => netgroup.name },
        report,
      ),
    );
    // Roles of one name in several places all count, as they do for sudo.
    const sudoRoles = readAll(entries.sudoRoles, (reader) => readSudoRole(reader, sudo, netgroups));
    return {
      accounts: [...accounts].sort(byName),
      groups: [...groups].sort(byName),
      sudoRoles: [...sudoRoles].sort(
        (one, other) => one.order - other.order || byName(one, other) || (one.dn < other.dn ? -1 : 1),
      ),
      rejected,
    };
  };
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
