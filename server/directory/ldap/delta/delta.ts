import { ResultCodeError } from 'ldapts';
import type { DirectoryEntry } from '../../entries/entry.ts';
import type { DirectoryEntries } from '../../entries/snapshot.ts';
import { type EntryKind, readEntries } from '../entry-set.ts';
import { LdapFailure } from '../failure.ts';
import type { LdapSession } from '../session.ts';
import { type Basis, changedSince, type KnownEntries } from './basis.ts';
import { type Changes, type Doubt, readChanges } from './changes.ts';

/** What to read, by what the entries are for. */
export type EntryKinds = Readonly<Record<keyof DirectoryEntries, EntryKind>>;

/** All entries, and of those that are not always read whole, what to tell the next reading from. */
export interface ReadEntries {
  readonly kind: 'told';
  readonly entries: DirectoryEntries;
  readonly known: Basis['known'];
  /** Entries that were read again, and that are gone, without kinds that are always read whole. */
  readonly read: number;
  readonly removed: number;
}

/** All entries, told from what was read before. */
export async function readDelta(
  session: LdapSession,
  kinds: EntryKinds,
  basis: Basis,
  pageSize: number,
): Promise<ReadEntries | Doubt> {
  const since = changedSince(basis);

  async function readKind(name: keyof DirectoryEntries): Promise<KindDelta | Doubt> {
    const kind = kinds[name];
    const known = basis.known[name];
    if (kind.alwaysWhole === true) {
      return {
        kind: 'told',
        list: await readEntries(session, kind, pageSize),
        entries: known,
        read: 0,
        removed: 0,
      };
    }
    const changes = await orDoubt(() => readChanges(session, kind, known, since, pageSize));
    if (changes.kind === 'doubt') return changes;
    return { ...changes, list: [...changes.entries.values()].map(({ entry }) => entry) };
  }

  const accounts = await readKind('accounts');
  if (accounts.kind === 'doubt') return accounts;
  const groups = await readKind('groups');
  if (groups.kind === 'doubt') return groups;
  const netgroups = await readKind('netgroups');
  if (netgroups.kind === 'doubt') return netgroups;
  const sudoRoles = await readKind('sudoRoles');
  if (sudoRoles.kind === 'doubt') return sudoRoles;
  const all = [accounts, groups, netgroups, sudoRoles];
  return {
    kind: 'told',
    entries: {
      accounts: accounts.list,
      groups: groups.list,
      netgroups: netgroups.list,
      sudoRoles: sudoRoles.list,
    },
    known: {
      accounts: accounts.entries,
      groups: groups.entries,
      netgroups: netgroups.entries,
      sudoRoles: sudoRoles.entries,
    },
    read: all.reduce((sum, { read }) => sum + read, 0),
    removed: all.reduce((sum, { removed }) => sum + removed, 0),
  };
}

interface KindDelta {
  readonly kind: 'told';
  readonly list: readonly DirectoryEntry[];
  readonly entries: KnownEntries;
  readonly read: number;
  readonly removed: number;
}

/**
 * What a server does not do for a delta, such as searching for times or all of it within its limits, it may do for a whole
 * reading, which then succeeds or fails. A connection that breaks fails both.
 */
async function orDoubt(reading: () => Promise<Changes>): Promise<Changes> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof LdapFailure && error.cause instanceof ResultCodeError) {
      return { kind: 'doubt', why: error.message };
    }
    throw error;
  }
}
