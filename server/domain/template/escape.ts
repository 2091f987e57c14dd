/** How values are written into a template; `escape` of the policy's files and scripts. */
export type EscapeKind = 'none' | 'shell' | 'json' | 'yaml';

/** Why a value is not written into a template. Never repeats the value. */
export class ValueRefused extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'ValueRefused';
    this.remedy = remedy;
  }
}

/**
 * Whatever could begin a line, move a cursor or reverse the reading order: controls, format characters, separators but
 * the plain blank, lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** A word that every shell takes as it is, within quotes, in a here-document and bare. */
const plainWord = /^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$/;

/** How a value becomes text. Throws {@link ValueRefused} for one that could say more than itself. */
export const escapes: Readonly<Record<EscapeKind, (value: unknown) => string>> = {
  none: (value) => checked(scalarText(value, 'join it with `| join: " "`, or write a `for` loop')),
  shell: (value) => (Array.isArray(value) ? value.map(shellWord).join(' ') : shellWord(value)),
  json: (value) => jsonText(value),
  // Within single quotes of YAML an apostrophe would end the text; JSON's escape is YAML's too.
  yaml: (value) => jsonText(value).replaceAll("'", '\\u0027'),
};

/**
 * A word of the shell (POSIX.1-2024, XCU 2.2). What a shell looks at within double quotes and here-documents is
 * refused rather than quoted, so that a template which puts its value there is wrong but never dangerous.
 */
function shellWord(value: unknown): string {
  const text = checked(scalarText(value, 'write a `for` loop'));
  if (text.startsWith('-')) {
    throw new ValueRefused('begins with a hyphen, so that a command would take it for an option', correctIt);
  }
  if (/["'$`\\!]/.test(text)) {
    throw new ValueRefused('has characters that a shell treats specially within quotes', correctIt);
  }
  return plainWord.test(text) ? text : `'${text}'`;
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' ? checked(inner) : inner,
  );
  // JSON has nothing for `undefined` and functions.
  if (text === undefined) throw new ValueRefused('is no value', 'give one, such as with `| default: ""`');
  return text;
}

function scalarText(value: unknown, remedy: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new ValueRefused('is a list or a mapping', remedy);
}

function checked(text: string): string {
  if (unsafe.test(text))
    throw new ValueRefused('has a line end or another character that cannot be seen', correctIt);
  return text;
}

const correctIt = 'correct the value where it comes from';
