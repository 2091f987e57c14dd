import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { DirectoryEntry } from './entry.ts';
import { type AttributeNames, EntryReader } from './entry-reader.ts';

/** What an entry stands for, undefined if it was refused, and what is wrong with it. */
export interface ReadOutcome<T> {
  readonly value: T | undefined;
  readonly problems: readonly RecordProblem[];
}

/** Reads entries of one kind. */
export type ReadOne<T> = (entry: DirectoryEntry) => ReadOutcome<T>;

/**
 * A reader that remembers: an adapter gives an entry that has not changed as the very same object, which is not read again. What it
 * stands for must depend on nothing else, neither other entries nor time.
 */
export function rememberingReader<T>(
  source: string,
  names: AttributeNames,
  read: (reader: EntryReader, entry: DirectoryEntry) => T | undefined,
): ReadOne<T> {
  const known = new WeakMap<DirectoryEntry, ReadOutcome<T>>();
  return (entry) => {
    const before = known.get(entry);
    if (before !== undefined) return before;
    const reader = new EntryReader(entry, source, names);
    const outcome = { value: read(reader, entry), problems: reader.problems };
    known.set(entry, outcome);
    return outcome;
  };
}
