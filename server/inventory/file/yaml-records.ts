import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { pointerSegments } from '../../../schemas/validation/json-pointer.ts';
import { composeYaml, type YamlLimits, type YamlProblem } from '../../../schemas/validation/yaml-source.ts';
import { readYamlTree } from '../../../schemas/validation/yaml-tree.ts';
import { pointerAsPath } from './field-name.ts';
import { type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';

/** The reader keeps a tree with every blank and comment: it is for files that people write. */
const mostCharacters = 16 * 1024 * 1024;
const batch = 1000;

/**
 * The records of a YAML 1.2 inventory (core schema): a list of records, or a map whose only key is
 * `instances`. One document without directives and tags; aliases are followed within bounds.
 */
export async function* readYamlRecords(
  pieces: AsyncIterable<string>,
  limits: ReadingLimits,
): AsyncGenerator<readonly RawRecord[]> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > mostCharacters) {
      throw new UnreadableFile(
        undefined,
        `is longer than ${mostCharacters} characters`,
        'split it, or write JSON or CSV',
      );
    }
  }
  const records = readRecords(text, limits);
  for (let start = 0; start < records.length; start += batch) yield records.slice(start, start + batch);
}

function readRecords(text: string, limits: ReadingLimits): readonly RawRecord[] {
  // The list, and the map around it, are no levels of a record.
  const bounds: YamlLimits = {
    characters: mostCharacters,
    depth: limits.depth + 2,
    values: text.length + 1024,
  };
  const source = composeYaml(text, bounds);
  if (source.kind === 'broken') throw unreadable(source.problems[0]);
  const tree = readYamlTree(source.document, source.lineAt, bounds);
  if (tree.isExhausted) throw unreadable(tree.problems.at(-1));

  const { list, pointer } = recordList(tree.value, tree.lineOf(''));
  if (list.length > limits.records) {
    throw new UnreadableFile(1, `there are more than ${limits.records} records`, 'split the inventory');
  }
  const problems = problemsByRecord(tree.problems, pointer);
  return list.map((value, index) => ({
    value,
    line: tree.lineOf(`${pointer}/${index}`),
    problems: problems.get(String(index)) ?? [],
    fieldName: pointerAsPath,
  }));
}

function recordList(
  value: unknown,
  line: number,
): { readonly list: readonly unknown[]; readonly pointer: string } {
  if (Array.isArray(value)) return { list: value, pointer: '' };
  const remedy = 'give a list of records, or a map with the one key `instances`';
  if (typeof value !== 'object' || value === null) {
    throw new UnreadableFile(line, 'is not a list of records', remedy);
  }
  const [[key, list] = [], ...others] = Object.entries(value) as readonly [string, unknown][];
  if (key !== 'instances' || others.length > 0) {
    throw new UnreadableFile(line, 'has other keys than `instances`', remedy);
  }
  if (!Array.isArray(list)) throw new UnreadableFile(line, 'is not a list of records', remedy);
  return { list, pointer: '/instances' };
}

/** By index; pointers start at the record. What is wrong around the list fails the file. */
function problemsByRecord(
  problems: readonly YamlProblem[],
  list: string,
): ReadonlyMap<string, readonly FieldProblem[]> {
  const found = new Map<string, FieldProblem[]>();
  for (const problem of problems) {
    const inner = problem.pointer.slice(list.length);
    const [index] = pointerSegments(inner);
    if (!problem.pointer.startsWith(`${list}/`) || index === undefined) throw unreadable(problem);
    const { message, remedy } = problem;
    const own = { pointer: inner.slice(index.length + 1), message, remedy };
    const known = found.get(index);
    if (known === undefined) found.set(index, [own]);
    else known.push(own);
  }
  return found;
}

function unreadable(problem: YamlProblem | undefined): UnreadableFile {
  return new UnreadableFile(
    problem?.line,
    problem?.message ?? 'is not YAML',
    problem?.remedy ?? 'correct the syntax',
  );
}
