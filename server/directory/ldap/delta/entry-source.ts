import type { Clock } from '../../../domain/clock.ts';
import type { DirectoryEntries } from '../../entries/snapshot.ts';
import { type EntryKind, readEntries } from '../entry-set.ts';
import type { LdapSession } from '../session.ts';
import { type Basis, type KnownEntries, knownEntries } from './basis.ts';
import type { Doubt } from './changes.ts';
import { type EntryKinds, type ReadEntries, readDelta } from './delta.ts';
import { readServerState, type ServerState } from './server-state.ts';

/** How a reading was made. */
export type Reading =
  | { readonly kind: 'whole'; readonly why: string }
  /** Numbers of entries that were read again and that are gone, without kinds that are always read whole. */
  | { readonly kind: 'delta'; readonly read: number; readonly removed: number };

/** Gives all entries, and keeps them to tell the next reading from. */
export interface EntrySource {
  /**
   * All entries as they are now. Fails with {@link LdapFailure}; what was kept then stays as it was.
   * @param fresh nothing that was read before counts
   */
  read(session: LdapSession, fresh: boolean): Promise<DirectoryEntries>;
}

/** What an entry source needs. */
export interface EntrySourceOptions {
  readonly kinds: EntryKinds;
  readonly pageSize: number;
  /** After so long everything is read again, for what no mark of the server tells, such as rights. 0: always. */
  readonly wholeReadingMs: number;
  readonly clock: Clock;
  readonly onReading?: ((reading: Reading) => void) | undefined;
}

const nothing: KnownEntries = new Map();

/** An entry source with nothing kept yet. */
export function createEntrySource(options: EntrySourceOptions): EntrySource {
  const { kinds, pageSize, wholeReadingMs, clock, onReading } = options;
  const bases = [...new Set(Object.values(kinds).map(({ base }) => base))];
  let basis: Basis | undefined;

  async function readWhole(session: LdapSession): Promise<Required<DirectoryEntries>> {
    return {
      accounts: await readEntries(session, kinds.accounts, pageSize),
      groups: await readEntries(session, kinds.groups, pageSize),
      netgroups: await readEntries(session, kinds.netgroups, pageSize),
      sudoRoles: await readEntries(session, kinds.sudoRoles, pageSize),
    };
  }

  async function tryDelta(
    session: LdapSession,
    server: ServerState | undefined,
    now: number,
    fresh: boolean,
  ): Promise<ReadEntries | Doubt> {
    const last = basis;
    if (fresh || last === undefined) return { kind: 'doubt', why: 'nothing that was read before counts' };
    const why = reasonForWhole(last, server, now, wholeReadingMs);
    return why === undefined ? await readDelta(session, kinds, last, pageSize) : { kind: 'doubt', why };
  }

  return {
    async read(session, fresh) {
      const readAt = clock.now().getTime();
      const server = await readServerState(session, bases);
      const wholeAt = basis?.wholeAt ?? readAt;
      const delta = await tryDelta(session, server, readAt, fresh);
      if (delta.kind === 'told' && server !== undefined) {
        basis = { server, wholeAt, readAt, known: delta.known };
        onReading?.({ kind: 'delta', read: delta.read, removed: delta.removed });
        return delta.entries;
      }
      const entries = await readWhole(session);
      const known = wholeReadingMs === 0 ? undefined : keep(entries, kinds);
      basis = server && known && { server, wholeAt: readAt, readAt, known };
      onReading?.({
        kind: 'whole',
        why: delta.kind === 'doubt' ? delta.why : 'the server does not tell who it is',
      });
      return entries;
    },
  };
}

/** Undefined if an entry could not be recognised again. */
function keep(entries: Required<DirectoryEntries>, kinds: EntryKinds): Basis['known'] | undefined {
  const keepKind = ({ alwaysWhole, watched = [] }: EntryKind, name: keyof DirectoryEntries) =>
    alwaysWhole === true ? nothing : knownEntries(entries[name], watched);
  const accounts = keepKind(kinds.accounts, 'accounts');
  const groups = keepKind(kinds.groups, 'groups');
  const netgroups = keepKind(kinds.netgroups, 'netgroups');
  const sudoRoles = keepKind(kinds.sudoRoles, 'sudoRoles');
  return accounts && groups && netgroups && sudoRoles && { accounts, groups, netgroups, sudoRoles };
}

function reasonForWhole(
  last: Basis,
  server: ServerState | undefined,
  now: number,
  wholeReadingMs: number,
): string | undefined {
  if (now < last.readAt) return 'the clock went back';
  if (now - last.wholeAt >= wholeReadingMs) return 'it is time';
  if (server?.fingerprint !== last.server.fingerprint) return 'the server, its schema or a base is another';
  const [before, after] = [last.server.changeNumber, server.changeNumber];
  if (before !== undefined && (after === undefined || after < before)) return 'the server was restored';
  return undefined;
}
