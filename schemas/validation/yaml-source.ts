import { Composer, type CST, type Document, LineCounter, Parser } from 'yaml';

/** Bounds on a YAML text. What exceeds them is a problem, never work without end. */
export interface YamlLimits {
  /** UTF-16 code units of the text. */
  readonly characters: number;
  /** Collections within collections. */
  readonly depth: number;
  /** Values after aliases have been followed; what an anchor bomb blows up. */
  readonly values: number;
}

/** One thing wrong with the text at a line. */
export interface YamlProblem {
  /** Line in the text, from 1. */
  readonly line: number;
  /** JSON pointer to the value, as far as it is known. */
  readonly pointer: string;
  readonly message: string;
  readonly remedy: string;
}

/** The composed document, or what keeps it from being one. */
export type YamlSource =
  | {
      readonly kind: 'document';
      readonly document: Document.Parsed;
      readonly lineAt: (offset: number) => number;
    }
  | { readonly kind: 'broken'; readonly problems: readonly YamlProblem[] };

/**
 * Composes the one document of a YAML 1.2 text. The text is tokenised first and its depth measured there, since
 * composing recurses. Directives are refused: `%YAML 1.1` would change what `no` and `010` mean.
 */
export function composeYaml(text: string, limits: YamlLimits): YamlSource {
  const unsafe = unsafeText(text, limits);
  if (unsafe !== undefined) return broken(unsafe);

  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const tokens = [...new Parser(lines.addNewLine).parse(text)];

  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    return broken({
      line: lineAt(directive.offset),
      pointer: '',
      message: 'is a YAML directive',
      remedy: 'remove the line; the file is read as YAML 1.2',
    });
  }
  const tooDeep = firstDeeperThan(tokens, limits.depth);
  if (tooDeep !== undefined) {
    return broken({
      line: lineAt(tooDeep),
      pointer: '',
      message: `is nested more than ${limits.depth} levels deep`,
      remedy: 'flatten it',
    });
  }

  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    // Compares every key with every other: YamlTree finds duplicates in one pass.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) {
    return broken({ line: 1, pointer: '', message: 'has no document', remedy: 'write one' });
  }
  if (second !== undefined) {
    return broken({
      line: lineAt(second.range[0]),
      pointer: '',
      message: 'starts a second document',
      remedy: 'keep one document a file',
    });
  }
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.length > 0) {
    return broken(
      ...complaints.map((complaint) => ({
        line: lineAt(complaint.pos[0]),
        pointer: '',
        message: `is not YAML: ${printable(complaint.message)}`,
        remedy: 'correct the syntax',
      })),
    );
  }
  return { kind: 'document', document, lineAt };
}

function broken(...problems: readonly YamlProblem[]): YamlSource {
  return { kind: 'broken', problems };
}

/** Size, and characters that YAML 1.2 section 5.1 does not allow in a stream. */
function unsafeText(text: string, limits: YamlLimits): YamlProblem | undefined {
  if (text.length > limits.characters) {
    return {
      line: 1,
      pointer: '',
      message: `is longer than ${limits.characters} characters`,
      remedy: 'split it into several files',
    };
  }
  // biome-ignore format: one class of characters
  const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(text);
  if (forbidden === null) return undefined;
  return {
    line: text.slice(0, forbidden.index).split(/\r\n|\r|\n/).length,
    pointer: '',
    message: `has the character U+${forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}, which YAML does not allow`,
    remedy: 'remove it, or write it as an escape in double quotes',
  };
}

function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, ' ').slice(0, 300);
}

/** Offset of the first collection that lies deeper than `depth`; iterative, as the depth is the attacker's. */
function firstDeeperThan(tokens: readonly CST.Token[], depth: number): number | undefined {
  const pending: { readonly token: CST.Token; readonly level: number }[] = tokens.map((token) => ({
    token,
    level: 0,
  }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, level } = next;
    if (token.type === 'document') {
      if (token.value !== undefined) pending.push({ token: token.value, level });
      continue;
    }
    if (!('items' in token)) continue;
    if (level >= depth) return token.offset;
    for (const item of token.items) {
      if (item.key) pending.push({ token: item.key, level: level + 1 });
      if (item.value !== undefined) pending.push({ token: item.value, level: level + 1 });
    }
  }
  return undefined;
}
