import type { DirectoryEntry } from '../../entries/entry.ts';
import { type EntryKind, isListed, readMatching, readOne, walk } from '../entry-set.ts';
import { toEntry } from '../ldap-entry.ts';
import type { LdapSession } from '../session.ts';
import { type ChangedSince, type KnownEntries, type KnownEntry, knownEntries } from './basis.ts';
import { type EntryVersion, versionAttributes, versionOf } from './entry-version.ts';

/** The entries of one kind as they are now, or why what was read before cannot tell. */
export type Changes =
  | {
      readonly kind: 'told';
      /** In the server's order. */
      readonly entries: KnownEntries;
      /** Entries that were read. */
      readonly read: number;
      readonly removed: number;
    }
  | Doubt;

/** A reason to read everything. */
export interface Doubt {
  readonly kind: 'doubt';
  readonly why: string;
}

/** An entry as the sweep tells of it. */
interface Swept {
  readonly dn: string;
  readonly version: EntryVersion;
}

/** Surprises that are looked at one by one: entries the search for changes did not give, entries that are gone. */
const leastSurprises = 20;
const surpriseShare = 0.05;

/**
 * The entries of a kind, told from those that are known: changed ones are searched for by time, then a sweep over the versions of
 * all shows which are gone, new, renamed, or changed without having been found; these are read one by one. The names are
 * listed a second time, as for a whole reading. Anything that does not fit together is a doubt.
 */
export async function readChanges(
  session: LdapSession,
  kind: EntryKind,
  known: KnownEntries,
  since: ChangedSince | undefined,
  pageSize: number,
): Promise<Changes> {
  const watched = kind.watched ?? [];
  const changed = knownEntries(await readChanged(session, kind, since, pageSize), watched);
  if (changed === undefined) return doubt('a changed entry has no identifier or no time');
  const swept = await sweep(session, kind, pageSize);
  if (swept.kind === 'doubt') return swept;

  const entries = new Map<string, KnownEntry>();
  const missing: Swept[] = [];
  for (const [id, now] of swept.versions) {
    const before = known.get(id);
    if (before !== undefined && now.version.changedAt < before.version.changedAt) {
      return doubt('an entry has gone back in time');
    }
    const candidate = [changed.get(id), before].find((one) => one !== undefined && isSame(one, now));
    if (candidate === undefined) missing.push(now);
    // The place is kept for the entry that is still to be read.
    entries.set(id, candidate ?? { entry: { dn: now.dn, attributes: new Map() }, version: now.version });
  }
  const removed = [...known.keys()].filter((id) => !entries.has(id)).length;
  const limit = Math.max(leastSurprises, Math.floor(entries.size * surpriseShare));
  if (missing.length > limit) return doubt(`${missing.length} entries are not known`);
  if (removed > limit) return doubt(`${removed} entries are gone`);
  if ([...changed.keys()].some((id) => !entries.has(id))) return doubt('an entry went while it was read');

  for (const { dn, version } of missing) {
    const entry = await readOne(session, kind, dn);
    const found = entry === undefined ? undefined : versionOf(entry, watched);
    if (entry?.dn !== dn || found?.id !== version.id) return doubt('an entry went while it was read');
    entries.set(found.id, { entry, version: found });
  }
  const names = new Set([...entries.values()].map(({ entry }) => entry.dn));
  if (names.size !== entries.size || !(await isListed(session, kind, names, pageSize))) {
    return doubt('entries changed while they were read');
  }
  return { kind: 'told', entries, read: changed.size + missing.length, removed };
}

async function readChanged(
  session: LdapSession,
  kind: EntryKind,
  since: ChangedSince | undefined,
  pageSize: number,
): Promise<readonly DirectoryEntry[]> {
  if (since === undefined) return [];
  const filter = `(&${kind.filter}(${since.attribute}>=${since.time}))`;
  return await readMatching(session, { ...kind, filter }, pageSize);
}

async function sweep(
  session: LdapSession,
  kind: EntryKind,
  pageSize: number,
): Promise<{ readonly kind: 'swept'; readonly versions: ReadonlyMap<string, Swept> } | Doubt> {
  const watched = kind.watched ?? [];
  const versions = new Map<string, Swept>();
  for await (const answer of walk(session, kind, [...versionAttributes, ...watched], pageSize)) {
    const entry = toEntry(answer);
    const version = versionOf(entry, watched);
    if (version === undefined) return doubt('an entry has no identifier or no time');
    if (versions.has(version.id)) return doubt('two entries have one identifier');
    versions.set(version.id, { dn: entry.dn, version });
  }
  return { kind: 'swept', versions };
}

function isSame(known: KnownEntry, now: Swept): boolean {
  return known.entry.dn === now.dn && known.version.mark === now.version.mark;
}

function doubt(why: string): Doubt {
  return { kind: 'doubt', why };
}
