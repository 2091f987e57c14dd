import type { DirectoryEntry } from '../../entries/entry.ts';
import type { DirectoryEntries } from '../../entries/snapshot.ts';
import { parseGeneralizedTime } from '../../entries/sudo/generalized-time.ts';
import { type EntryVersion, versionOf } from './entry-version.ts';
import type { ServerState } from './server-state.ts';

/** An entry that was read, and the version that it had then. */
export interface KnownEntry {
  readonly entry: DirectoryEntry;
  readonly version: EntryVersion;
}

/** Entries of one kind by identifier. */
export type KnownEntries = ReadonlyMap<string, KnownEntry>;

/** What a reading can be told from. Never changed: each reading makes a new one. */
export interface Basis {
  readonly server: ServerState;
  /** Beginning of the last whole reading, in milliseconds since 1970. */
  readonly wholeAt: number;
  /** Beginning of the last reading. */
  readonly readAt: number;
  readonly known: Readonly<Record<keyof DirectoryEntries, KnownEntries>>;
}

/** Where to begin to ask for changed entries. */
export interface ChangedSince {
  readonly attribute: EntryVersion['timeAttribute'];
  /** Generalized Time (RFC 4517, section 3.3.13). */
  readonly time: string;
}

/** As far as clocks of servers that replicate to each other may differ, and ours from theirs. */
const overlapMs = 600_000;

/** The entries by identifier; undefined if one has no version, or two have one identifier. */
export function knownEntries(
  entries: readonly DirectoryEntry[],
  watched: readonly string[],
): KnownEntries | undefined {
  const known = new Map<string, KnownEntry>();
  for (const entry of entries) {
    const version = versionOf(entry, watched);
    if (version === undefined || known.has(version.id)) return undefined;
    known.set(version.id, { entry, version });
  }
  return known;
}

/**
 * The time from which on entries count as changed; undefined if nothing is known. A server that numbers changes tells every
 * one of them in the sweep, and the second after the newest is soon enough; else entries of the overlap are read again.
 */
export function changedSince({ known, readAt }: Basis): ChangedSince | undefined {
  let newest: EntryVersion | undefined;
  let numbered = true;
  for (const { version } of Object.values(known).flatMap((entries) => [...entries.values()])) {
    if (newest === undefined || version.changedAt > newest.changedAt) newest = version;
    numbered &&= version.numbered;
  }
  const newestAt = newest === undefined ? undefined : parseGeneralizedTime(newest.changedAt);
  if (newest === undefined || newestAt?.kind !== 'ok') return undefined;
  const from = Math.min(Date.parse(newestAt.value), readAt) + (numbered ? 1000 : -overlapMs);
  const digits = new Date(from).toISOString().replace(/\..*/, '').replaceAll(/\D/g, '');
  // Active Directory wants a fraction.
  return {
    attribute: newest.timeAttribute,
    time: newest.timeAttribute === 'whenChanged' ? `${digits}.0Z` : `${digits}Z`,
  };
}
