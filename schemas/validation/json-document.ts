import type { FieldProblem } from './field-problem.ts';
import { appendPointer } from './json-pointer.ts';

/** The value of a JSON text, or the first thing wrong with it. */
export type JsonReading =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly problem: FieldProblem };

/** An object or array that the scan is inside of. */
interface Frame {
  /** Keys seen so far; undefined in an array. */
  readonly keys: Set<string> | undefined;
  /** The next string is a key. */
  atKey: boolean;
  /** Key or index of the value that the scan is at. */
  position: string | number;
}

/**
 * Reads JSON (RFC 8259) as strictly as I-JSON (RFC 7493) asks: no key twice, no number that a double cannot hold, no
 * lone surrogate; moreover no `__proto__` and bounded depth. Linear in the text and iterative; never throws.
 */
export function readJsonDocument(
  text: string,
  limits: { readonly depth: number } = { depth: 32 },
): JsonReading {
  const problem = scan(text, limits.depth);
  if (problem !== undefined) return { kind: 'invalid', problem };
  try {
    return { kind: 'valid', value: JSON.parse(text) as unknown };
  } catch {
    return {
      kind: 'invalid',
      problem: { pointer: '', message: 'is not JSON', remedy: 'send one JSON value in UTF-8' },
    };
  }
}

/** Finds what JSON.parse lets pass. Text that is no JSON may pass here, as JSON.parse refuses it afterwards. */
function scan(text: string, depth: number): FieldProblem | undefined {
  const frames: Frame[] = [];
  let index = 0;
  while (index < text.length) {
    const frame = frames.at(-1);
    const character = text[index];
    let end = index + 1;
    if (character === '{' || character === '[') {
      if (frames.length >= depth) {
        return at(frames, `is nested more than ${depth} levels deep`, 'flatten it');
      }
      const isObject = character === '{';
      frames.push({ keys: isObject ? new Set() : undefined, atKey: isObject, position: isObject ? '' : 0 });
    } else if (character === '}' || character === ']') {
      frames.pop();
    } else if (character === ',' && frame !== undefined) {
      if (typeof frame.position === 'number') frame.position += 1;
      else frame.atKey = true;
    } else if (character === '"') {
      end = endOfString(text, index);
      const problem = checkString(text.slice(index, end), frame, frames);
      if (problem !== undefined) return problem;
    } else if (isNumberStart(character)) {
      end = endOfNumber(text, index);
      const number = Number(text.slice(index, end));
      if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) {
        return at(frames, 'is a number that cannot be kept exactly', 'send it as a string');
      }
    }
    index = end;
  }
  return undefined;
}

function checkString(
  literal: string,
  frame: Frame | undefined,
  frames: readonly Frame[],
): FieldProblem | undefined {
  const isKey = frame?.keys !== undefined && frame.atKey;
  if (!isKey && !literal.includes('\\u')) return undefined;
  const value = parseLiteral(literal);
  if (value === undefined) return undefined;
  if (!value.isWellFormed()) return at(frames, 'holds half a surrogate pair', 'send valid Unicode');
  if (!isKey) return undefined;
  frame.atKey = false;
  frame.position = value;
  if (value === '__proto__') return at(frames, 'is not allowed as a key', 'rename it');
  if (frame.keys.has(value)) return at(frames, 'stands twice in the same object', 'keep one of the two');
  frame.keys.add(value);
  return undefined;
}

function at(frames: readonly Frame[], message: string, remedy: string): FieldProblem {
  let pointer = '';
  for (const frame of frames) pointer = appendPointer(pointer, frame.position);
  return { pointer, message, remedy };
}

function parseLiteral(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

/** Index after the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    // The opening quote is not one of them: the count ends there.
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function isNumberStart(character: string | undefined): boolean {
  return character === '-' || (character !== undefined && character >= '0' && character <= '9');
}

function endOfNumber(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && '0123456789+-.eE'.includes(text[index] ?? ' ')) index += 1;
  return index;
}
