import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLSeq,
} from 'yaml';
import { pointerAsPath } from './field-name.ts';
import { type RawRecord, type ReadingLimits, type ReadingProblem, UnreadableFile } from './raw-record.ts';
import { lineFinder } from './text-lines.ts';

/**
 * The records of a YAML 1.2 inventory (core schema): a list of records, or a map whose only key is
 * `instances`. One document; no aliases, tags or merge keys, which a list of machines has no need of and a
 * hostile file can make very large.
 */
export function readYamlRecords(text: string, limits: ReadingLimits): readonly RawRecord[] {
  const line = lineFinder(text);
  const document = parse(text);
  for (const error of [...document.errors, ...document.warnings]) {
    if (error.code === 'TAG_RESOLVE_FAILED') continue;
    throw new UnreadableFile(
      line(error.pos[0]),
      'is not YAML that this reader takes',
      yamlRemedy(error.code),
    );
  }
  const list = recordList(document, line);
  if (list.items.length > limits.records) {
    throw new UnreadableFile(1, `there are more than ${limits.records} records`, 'split the inventory');
  }
  return list.items.map((item): RawRecord => {
    const problems: ReadingProblem[] = [];
    const node = item as Node;
    const value = plainValue(node, [], problems, limits);
    return { value, line: line(node.range?.[0] ?? 0), problems, fieldName: pointerAsPath };
  });
}

function parse(text: string): Document {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      // Repeated keys are found by `plainValue`, per record and in linear time.
      uniqueKeys: false,
      intAsBigInt: true,
      merge: false,
      prettyErrors: false,
      // Silent, it would also keep quiet about a second document.
      logLevel: 'error',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnreadableFile(1, 'is nested too deeply', 'write records as a flat list');
  }
}

function yamlRemedy(code: string): string {
  return `correct the YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}

function recordList(document: Document, line: (offset: number) => number): YAMLSeq {
  let contents = document.contents;
  const start = line(contents?.range?.[0] ?? 0);
  const remedy = 'give a list of records, or a map with the one key `instances`';
  if (isMap(contents)) {
    const [pair, ...others] = contents.items as readonly Pair[];
    if (!isScalar(pair?.key) || pair.key.value !== 'instances' || others.length > 0) {
      throw new UnreadableFile(start, 'has other keys than `instances`', remedy);
    }
    contents = pair.value as Node | null;
  }
  if (!isSeq(contents)) throw new UnreadableFile(start, 'is not a list of records', remedy);
  return contents;
}

/** The value of a node; what must not be is reported and left out. */
function plainValue(
  node: unknown,
  path: readonly (string | number)[],
  problems: ReadingProblem[],
  limits: ReadingLimits,
): unknown {
  function problem(message: string, remedy: string, field: readonly (string | number)[] = path): void {
    problems.push({ field: field.join('.'), message, remedy });
  }
  if (path.length > limits.depth) {
    problem(`is nested deeper than ${limits.depth} levels`, 'write it flat');
    return null;
  }
  if ((isMap(node) || isSeq(node)) && node.items.length > limits.items) {
    problem(`has more than ${limits.items} entries`, 'shorten it');
    return null;
  }
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) {
      problem('has a tag of its own', 'remove the tag');
    }
  }
  if (isMap(node)) {
    const result: Record<string, unknown> = {};
    for (const pair of node.items as readonly Pair[]) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      if (typeof key !== 'string') {
        problem('has a key that is not a text', 'put the key in quotes');
        continue;
      }
      const field = [...path, key];
      if (Object.hasOwn(result, key)) problem('stands there twice', 'keep one of the two', field);
      else if (key === '__proto__') problem('is not a known field', 'remove it', field);
      else result[key] = plainValue(pair.value, field, problems, limits);
    }
    return result;
  }
  if (isSeq(node)) {
    return node.items.map((item, index) => plainValue(item, [...path, index], problems, limits));
  }
  if (isScalar(node)) return plainScalar(node.value, problem, limits);
  if (node === null) return null;
  problem('is an alias (`*name`)', 'write the value out');
  return null;
}

function plainScalar(
  value: unknown,
  problem: (message: string, remedy: string) => void,
  limits: ReadingLimits,
): unknown {
  if (typeof value === 'bigint') {
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      problem('is an integer above 2^53, which would be rounded', 'put it in quotes if it is a name');
    }
    return Number(value);
  }
  if (typeof value === 'string' && value.length > limits.characters) {
    problem(`is longer than ${limits.characters} characters`, 'shorten it');
    return '';
  }
  if (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'string' ||
    value === null
  ) {
    return value;
  }
  problem('is of a type that records do not have', 'write it as a text in quotes');
  return null;
}
