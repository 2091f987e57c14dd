import {
  changeNumberAttributes,
  changeTimeAttributes,
  identifierAttributes,
} from '../../entries/attributes.ts';
import type { DirectoryEntry } from '../../entries/entry.ts';

/** Which entry it is, and in which state. */
export interface EntryVersion {
  /** The identifier that it keeps for life, with the attribute's name. */
  readonly id: string;
  /** Differs from that of any other state of the entry that was read, but for two within one second if not `numbered`. */
  readonly mark: string;
  /** The attribute by which changed entries can be searched for. */
  readonly timeAttribute: 'modifyTimestamp' | 'whenChanged';
  /** Generalized Time in UTC as the server gives it, by its clock; all of one server have one form. */
  readonly changedAt: string;
  /** The server numbers changes, so that the mark is exact. */
  readonly numbered: boolean;
}

/** What is asked for to tell versions; with what else is watched. */
export const versionAttributes = [
  ...identifierAttributes,
  ...changeTimeAttributes,
  ...changeNumberAttributes,
] as const;

const generalizedTime = /^\d{14}(\.\d{1,9})?Z$/;
const none: readonly string[] = [];

/**
 * The version of an entry; undefined if the server gives no identifier, or no time of the newest change.
 * @param watched attributes whose values count besides, as they are spelled in this directory
 */
export function versionOf(entry: DirectoryEntry, watched: readonly string[]): EntryVersion | undefined {
  const identifier = identifierAttributes.find((name) => valuesOf(entry, name).length === 1);
  if (identifier === undefined) return undefined;
  // Active Directory computes modifyTimestamp and cannot search for it.
  const timeAttribute = valuesOf(entry, 'whenChanged').length > 0 ? 'whenChanged' : 'modifyTimestamp';
  const [changedAt = ''] = valuesOf(entry, timeAttribute);
  if (!generalizedTime.test(changedAt)) return undefined;
  return {
    id: `${identifier} ${valuesOf(entry, identifier).join('')}`,
    mark: [...changeTimeAttributes, ...changeNumberAttributes, ...watched]
      .map((name) => marksOf(valuesOf(entry, name)))
      .join('\n'),
    timeAttribute,
    changedAt,
    numbered: changeNumberAttributes.some((name) => valuesOf(entry, name).length > 0),
  };
}

function marksOf(values: readonly string[]): string {
  return values.length < 2 ? (values[0] ?? '') : values.toSorted().join('\0');
}

/** Byte for byte: objectGUID is no text. */
function valuesOf(entry: DirectoryEntry, name: string): readonly string[] {
  const values = entry.attributes.get(name.toLowerCase());
  return values === undefined ? none : values.map(latin1);
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
