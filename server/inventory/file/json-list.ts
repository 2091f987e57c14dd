import { UnreadableFile } from './raw-record.ts';

/** One entry of a list as text, and the line on which it starts. */
export interface ListEntry {
  readonly text: string;
  readonly line: number;
}

/** Bounds of an entry. */
export interface EntryLimits {
  readonly depth: number;
  readonly recordCharacters: number;
}

const shape = 'give a list of records, or an object with the one key `instances`';

/**
 * Takes a JSON text that is a list, or an object whose only key is `instances` with a list, to its entries, piece by
 * piece. It finds where entries end and no more: whether they are JSON is for their reader to say.
 */
export class JsonListSplitter {
  readonly #limits: EntryLimits;
  #state: 'head' | 'before' | 'entry' | 'tail' | 'end' = 'head';
  #line = 1;
  /** What stands before the list. */
  #head = '';
  #isFirst = true;
  /** The entry so far, of earlier pieces; where and how deep it is. */
  #entry = '';
  #entryLine = 1;
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  constructor(limits: EntryLimits) {
    this.#limits = limits;
  }

  /** The entries that end within the next piece of the text. */
  push(piece: string): readonly ListEntry[] {
    const entries: ListEntry[] = [];
    let start = 0;
    for (let index = 0; index < piece.length; index += 1) {
      if (this.#inString && !this.#isEscaped) index = nextOfInterest(piece, index);
      if (index >= piece.length) break;
      const code = piece.charCodeAt(index);
      if (code === lineFeed) this.#line += 1;
      if (this.#state === 'entry') {
        if (!this.#endsEntry(code)) continue;
        entries.push({ text: this.#entry + piece.slice(start, index), line: this.#entryLine });
        this.#entry = '';
        this.#state = code === comma ? 'before' : this.#afterList();
      } else if (this.#state === 'head') this.#readHead(code);
      else if (!isBlank(code) && this.#startsEntry(code)) {
        start = index;
        this.#entryLine = this.#line;
        this.#endsEntry(code);
      }
    }
    if (this.#state === 'entry') {
      this.#entry += piece.slice(start);
      if (this.#entry.length > this.#limits.recordCharacters) {
        throw new UnreadableFile(
          this.#entryLine,
          `starts a record of more than ${this.#limits.recordCharacters} characters`,
          'shorten it',
        );
      }
    }
    return entries;
  }

  /** Says that the text has ended. */
  end(): void {
    if (this.#state === 'end') return;
    if (this.#state === 'head') throw this.#wrongHead();
    throw new UnreadableFile(this.#line, 'the file ends too early', 'write the whole list');
  }

  #readHead(code: number): void {
    if (code === openBracket) {
      const key = /^\{\s*("(?:[^"\\]|\\.)*")\s*:$/.exec(this.#head.trim())?.[1];
      if (this.#head.trim() !== '' && key !== '"instances"') throw this.#wrongHead();
      this.#state = 'before';
    } else if (!isBlank(code) || this.#head !== '') {
      this.#head += String.fromCharCode(code);
      if (this.#head.length > 1024) throw this.#wrongHead();
    }
  }

  #wrongHead(): UnreadableFile {
    const what = this.#head.startsWith('{')
      ? 'does not begin with `instances` and a list'
      : 'is neither a list nor an object';
    return new UnreadableFile(this.#line, what, shape);
  }

  #afterList(): 'tail' | 'end' {
    return this.#head.trim() === '' ? 'end' : 'tail';
  }

  /** Whether an entry starts with what stands outside of one. */
  #startsEntry(code: number): boolean {
    if (this.#state === 'tail' && code === closeBrace) {
      this.#state = 'end';
      return false;
    }
    if (this.#state === 'tail' && code === comma) {
      throw new UnreadableFile(this.#line, 'has more keys than `instances`', shape);
    }
    if (this.#state !== 'before') {
      throw new UnreadableFile(this.#line, 'there is more after the end of the list', shape);
    }
    if (code === closeBracket && this.#isFirst) {
      this.#state = this.#afterList();
      return false;
    }
    if (code === comma || code === closeBracket) {
      throw new UnreadableFile(this.#line, 'has a comma without a record', 'correct the JSON');
    }
    this.#isFirst = false;
    this.#state = 'entry';
    return true;
  }

  /** Whether the next character is the first that is not of the entry. */
  #endsEntry(code: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#inString) {
      if (code === backslash) this.#isEscaped = true;
      else if (code === quote) this.#inString = false;
    } else if (code === quote) this.#inString = true;
    else if (code === openBrace || code === openBracket) {
      this.#depth += 1;
      if (this.#depth > this.#limits.depth) {
        throw new UnreadableFile(
          this.#line,
          `is nested deeper than ${this.#limits.depth} levels`,
          'write records as a flat list',
        );
      }
    } else if (this.#depth === 0) return code === comma || code === closeBracket;
    else if (code === closeBrace || code === closeBracket) this.#depth -= 1;
    return false;
  }
}

const lineFeed = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Index of the next quote or backslash: what else stands in a text in quotes does not matter. */
function nextOfInterest(piece: string, from: number): number {
  let index = from;
  for (; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    if (code === quote || code === backslash || code === lineFeed) return index;
  }
  return index;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === lineFeed || code === 0x0d || code === 0x09;
}
