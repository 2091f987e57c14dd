/** One thing wrong with one field, seen while the file was read. */
export interface ReadingProblem {
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

/** A record as it stands in the file, before validation. */
export interface RawRecord {
  readonly value: unknown;
  /** Line on which it starts, from 1. */
  readonly line: number;
  /** What the format itself forbids: repeated keys, `__proto__`, numbers that would be rounded, … */
  readonly problems: readonly ReadingProblem[];
  /** Name of a field in this file's own words, from a JSON pointer into the value. */
  readonly fieldName: (pointer: string) => string;
}

/** Bounds of a reading. A hostile file costs bounded time and memory. */
export interface ReadingLimits {
  readonly bytes: number;
  readonly records: number;
  /** Nesting of objects and lists. */
  readonly depth: number;
  /** Entries of one list or object within a record. */
  readonly items: number;
  /** Characters of one text. */
  readonly characters: number;
}

/** 100,000 instances of 600 bytes take 60 MB; the largest field allowed, userData, takes 87,384 characters. */
export const defaultReadingLimits: ReadingLimits = {
  bytes: 256 * 1024 * 1024,
  records: 1_000_000,
  depth: 16,
  items: 1024,
  characters: 131_072,
};

/** The file as a whole cannot be understood. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly line: number;
  readonly remedy: string;

  constructor(line: number, message: string, remedy: string) {
    super(message);
    this.line = line;
    this.remedy = remedy;
  }
}
