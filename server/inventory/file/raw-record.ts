import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';

/** A record as it stands in the file, before validation. */
export interface RawRecord {
  readonly value: unknown;
  /** Line on which it starts, from 1. */
  readonly line: number;
  /** What the format itself forbids: repeated keys, `__proto__`, numbers that would be rounded, … */
  readonly problems: readonly FieldProblem[];
  /** Name of a field in this file's own words, from a JSON pointer into the value. */
  readonly fieldName: (pointer: string) => string;
}

/** Reads a text that comes in pieces; gives records in batches, none of which is empty or large. */
export type RecordReader = (
  text: AsyncIterable<string>,
  limits: ReadingLimits,
) => AsyncGenerator<readonly RawRecord[]>;

/** Bounds of a reading. A hostile file costs bounded time and memory. */
export interface ReadingLimits {
  /** Of all files together. */
  readonly bytes: number;
  readonly files: number;
  /** Of one file. */
  readonly records: number;
  /** Nesting of objects and lists. */
  readonly depth: number;
  /** Entries of one list or object within a record. */
  readonly items: number;
  /** Characters of one text. */
  readonly characters: number;
  /** Characters of one record. */
  readonly recordCharacters: number;
  /** How often files that change while they are read are read from the start. */
  readonly attempts: number;
}

/** 100,000 instances of 600 bytes take 60 MB; the largest field allowed, userData, takes 87,384 characters. */
export const defaultReadingLimits: ReadingLimits = {
  bytes: 256 * 1024 * 1024,
  files: 1000,
  records: 1_000_000,
  depth: 16,
  items: 1024,
  characters: 131_072,
  recordCharacters: 1_048_576,
  attempts: 3,
};

/** The file as a whole cannot be read or understood. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  /** From 1; undefined where it is no matter of a line. */
  readonly line: number | undefined;
  readonly remedy: string;

  constructor(line: number | undefined, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.line = line;
    this.remedy = remedy;
  }
}
