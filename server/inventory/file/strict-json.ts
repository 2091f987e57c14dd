import { type ReadingLimits, type ReadingProblem, UnreadableFile } from './raw-record.ts';

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const hex4 = /^[0-9a-fA-F]{4}$/;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads JSON (RFC 8259) where `JSON.parse` is too tolerant: it keeps the last of repeated keys, rounds
 * integers above 2^53, lets `__proto__` through and says neither line nor record. Such things are collected
 * in {@link problems}, so that one bad record does not take the others with it; what is not JSON at all
 * throws {@link UnreadableFile}.
 */
export class StrictJsonReader {
  readonly #text: string;
  readonly #limits: ReadingLimits;
  readonly #line: (offset: number) => number;
  readonly #path: (string | number)[] = [];
  #at = 0;
  #problems: ReadingProblem[] = [];

  constructor(text: string, limits: ReadingLimits, line: (offset: number) => number) {
    this.#text = text;
    this.#limits = limits;
    this.#line = line;
  }

  /** Offset of the next character that is not blank. */
  get offset(): number {
    this.#skipBlanks();
    return this.#at;
  }

  /** Hands over what was wrong with the values read since the last call. */
  takeProblems(): readonly ReadingProblem[] {
    const problems = this.#problems;
    this.#problems = [];
    return problems;
  }

  /** Whether the next token is this one, which is then passed. */
  accept(token: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) this.#fail(`expected \`${token}\``);
  }

  expectEnd(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail('there is more after the end of the value');
  }

  /** Reads one value of any type. */
  value(): unknown {
    this.#skipBlanks();
    const start = this.#text[this.#at];
    switch (start) {
      case '{':
        return this.#object();
      case '[':
        return this.#list();
      case '"':
        return this.string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      case undefined:
        return this.#fail('the file ends too early');
      default:
        return this.#number();
    }
  }

  /** Reads a string; the next token must be one. */
  string(): string {
    this.#skipBlanks();
    if (this.#text[this.#at] !== '"') this.#fail('expected `"`');
    let from = this.#at + 1;
    let result = '';
    for (let at = from; ; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (Number.isNaN(code)) this.#fail('a text in quotes does not end');
      if (code === 0x22) {
        result += this.#text.slice(from, at);
        this.#at = at + 1;
        break;
      }
      if (code === 0x5c) {
        result += this.#text.slice(from, at);
        const { text, next } = this.#escape(at);
        result += text;
        from = next;
        at = next - 1;
      } else if (code < 0x20) {
        this.#problem('has a raw control character', 'remove it');
      }
    }
    if (result.length > this.#limits.characters) {
      this.#problem(`is longer than ${this.#limits.characters} characters`, 'shorten it');
      return '';
    }
    return result;
  }

  #escape(backslash: number): { readonly text: string; readonly next: number } {
    const letter = this.#text[backslash + 1] ?? '';
    if (letter === 'u') {
      const digits = this.#text.slice(backslash + 2, backslash + 6);
      if (hex4.test(digits)) {
        return { text: String.fromCharCode(Number.parseInt(digits, 16)), next: backslash + 6 };
      }
    }
    const text = escapes[letter];
    if (text === undefined) {
      this.#at = backslash;
      return this.#fail('a backslash is followed by something that JSON does not know');
    }
    return { text, next: backslash + 2 };
  }

  #object(): unknown {
    this.#enter();
    const result: Record<string, unknown> = {};
    let count = 0;
    if (!this.accept('}')) {
      do {
        const key = this.string();
        this.expect(':');
        this.#path.push(key);
        const known = Object.hasOwn(result, key);
        const value = this.value();
        count += 1;
        if (known) this.#problem('stands there twice', 'keep one of the two');
        else if (key === '__proto__') this.#problem('is not a known field', 'remove it');
        else if (count <= this.#limits.items) result[key] = value;
        this.#path.pop();
      } while (this.accept(','));
      this.expect('}');
    }
    this.#leave(count);
    return result;
  }

  #list(): unknown {
    this.#enter();
    const result: unknown[] = [];
    let count = 0;
    if (!this.accept(']')) {
      do {
        this.#path.push(count);
        const value = this.value();
        count += 1;
        if (count <= this.#limits.items) result.push(value);
        this.#path.pop();
      } while (this.accept(','));
      this.expect(']');
    }
    this.#leave(count);
    return result;
  }

  #enter(): void {
    this.#at += 1;
    if (this.#path.length >= this.#limits.depth) {
      this.#fail(`is nested deeper than ${this.#limits.depth} levels`);
    }
  }

  #leave(count: number): void {
    if (count > this.#limits.items) {
      this.#problem(`has more than ${this.#limits.items} entries`, 'shorten it');
    }
  }

  #number(): number {
    number.lastIndex = this.#at;
    const token = number.exec(this.#text)?.[0];
    if (token === undefined) return this.#fail('is not JSON');
    this.#at += token.length;
    const value = Number(token);
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#problem('is an integer above 2^53, which would be rounded', 'put it in quotes if it is a name');
    } else if (!Number.isFinite(value)) {
      this.#problem('is too large a number', 'correct it');
    }
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('is not JSON');
    this.#at += word.length;
    return value;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #problem(message: string, remedy: string): void {
    this.#problems.push({ field: this.#path.join('.'), message, remedy });
  }

  #fail(message: string): never {
    throw new UnreadableFile(this.#line(this.#at), message, 'correct the JSON');
  }
}
