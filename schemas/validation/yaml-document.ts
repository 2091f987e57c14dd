import type { Validator } from './validator.ts';
import { composeYaml, type YamlLimits, type YamlProblem } from './yaml-source.ts';
import { readYamlTree } from './yaml-tree.ts';

/** One thing wrong in a file: where it stands, what is wrong and what to do. */
export interface FileProblem {
  /** Path of the file, as it was given. */
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** JSON pointer (RFC 6901) to the value; empty for the whole file. */
  readonly pointer: string;
  readonly message: string;
  readonly remedy: string;
}

/** The value of a YAML file, or everything that is wrong with the file in order of line. */
export type YamlReading<T> =
  | {
      readonly kind: 'valid';
      readonly value: T;
      /** Line of the value at a JSON pointer, from 1; of the nearest value around it if it is absent. */
      readonly lineOf: (pointer: string) => number;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] };

/** Bounds for files that people write: some hundred times the largest that is reasonable. */
export const defaultYamlLimits: YamlLimits = { characters: 4 * 1024 * 1024, depth: 32, values: 200_000 };

/** More would not be read, and a hostile file can have millions. */
const mostProblems = 200;

/**
 * Reads one YAML 1.2 document (core schema) strictly: keys are text and stand once, `__proto__`, directives, tags,
 * inexact and infinite numbers are refused, aliases are copied within bounds. Never throws for any text.
 * @param file name for the problems
 * @param validator of the value; its problems get the lines where the fields stand
 */
export function readYamlDocument<T>(
  text: string,
  file: string,
  validator: Validator<T>,
  limits: YamlLimits = defaultYamlLimits,
): YamlReading<T> {
  const source = composeYaml(text, limits);
  if (source.kind === 'broken') return invalid(file, source.problems);

  const tree = readYamlTree(source.document, source.lineAt, limits);
  const validated = validator(tree.value);
  if (validated.kind === 'valid' && tree.problems.length === 0) {
    return { kind: 'valid', value: validated.value, lineOf: tree.lineOf };
  }
  // A value that could not be read is missing for the validator: say that once.
  const known = new Set(tree.problems.map((problem) => problem.pointer));
  const invalidFields = validated.kind === 'valid' ? [] : validated.problems;
  return invalid(file, [
    ...tree.problems,
    ...invalidFields
      .filter((problem) => !known.has(problem.pointer))
      .map((problem) => ({ ...problem, line: tree.lineOf(problem.pointer) })),
  ]);
}

/** A problem as one line for people: `FILE:LINE: POINTER MESSAGE; REMEDY`. */
export function formatFileProblem(problem: FileProblem): string {
  const subject = problem.pointer === '' ? 'the file' : problem.pointer;
  return `${problem.file}:${problem.line}: ${subject} ${problem.message}; ${problem.remedy}`;
}

function invalid(
  file: string,
  problems: readonly YamlProblem[],
): { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] } {
  const sorted = problems
    .map(
      (problem): FileProblem => ({
        file,
        line: problem.line,
        pointer: problem.pointer,
        message: problem.message,
        remedy: problem.remedy,
      }),
    )
    .sort((a, b) => a.line - b.line);
  if (sorted.length <= mostProblems) return { kind: 'invalid', problems: sorted };
  const shown = sorted.slice(0, mostProblems);
  shown.push({
    file,
    line: shown.at(-1)?.line ?? 1,
    pointer: '',
    message: `has ${sorted.length - mostProblems} more problems`,
    remedy: 'correct these first',
  });
  return { kind: 'invalid', problems: shown };
}
