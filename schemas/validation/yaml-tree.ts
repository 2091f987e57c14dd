import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { appendPointer, pointerSegments } from './json-pointer.ts';
import type { YamlLimits, YamlProblem } from './yaml-source.ts';

/** The JSON value of a composed document, what is wrong with it, and where its parts stand. */
export interface YamlTree {
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Aliases made more of it than the limits allow: `value` is a part, and the last problem says so. */
  readonly isExhausted: boolean;
  /** Line of the value at a JSON pointer, or of the nearest value around it. */
  readonly lineOf: (pointer: string) => number;
}

/**
 * Turns a composed document into JSON values. Each alias is followed and its content copied, so that no value is
 * shared; copies count against `limits.values`. Keys are strings, once a mapping, and never `__proto__`.
 */
export function readYamlTree(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
  limits: YamlLimits,
): YamlTree {
  const anchors = anchoredNodes(document);
  const problems: YamlProblem[] = [];
  let values = 0;
  let exhausted = false;

  const complain = (offset: number, pointer: string, message: string, remedy: string): undefined => {
    problems.push({ line: lineAt(offset), pointer, message, remedy });
    return undefined;
  };

  function convert(node: ParsedNode | null, offset: number, pointer: string, depth: number): unknown {
    if (exhausted) return undefined;
    values += 1;
    if (values > limits.values || depth > limits.depth) {
      exhausted = true;
      const bound = depth > limits.depth ? `${limits.depth} levels deep` : `${limits.values} values`;
      return complain(offset, pointer, `makes the file more than ${bound}`, 'use fewer or smaller aliases');
    }
    if (node === null) return null;
    if (isAlias(node)) {
      const target = anchors.target(node);
      if (target !== undefined) return convert(target, node.range[0], pointer, depth + 1);
      return complain(
        node.range[0],
        pointer,
        'is an alias of nothing before it',
        'name an anchor, or quote it',
      );
    }
    if (isScalar(node)) return scalar(node.value, offset, pointer);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        convert(item, item.range[0], appendPointer(pointer, index), depth + 1),
      );
    }
    return mapping(node, pointer, depth);
  }

  function scalar(value: unknown, offset: number, pointer: string): unknown {
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value)) {
      return complain(offset, pointer, 'is not a finite number', 'give a number, or quote it as text');
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return complain(offset, pointer, 'is too large to be kept exactly', 'quote it as text');
    }
    return value;
  }

  function mapping(node: Extract<ParsedNode, { items: unknown }>, pointer: string, depth: number): unknown {
    const result: Record<string, unknown> = {};
    if (!isMap(node)) return result;
    for (const { key, value } of node.items as readonly MappingItem[]) {
      const offset = key?.range[0] ?? node.range[0];
      if (!isScalar(key) || typeof key.value !== 'string') {
        complain(offset, pointer, 'has a key that is not text', 'quote the key');
        continue;
      }
      const inner = appendPointer(pointer, key.value);
      if (key.value === '__proto__') {
        complain(offset, inner, 'is not allowed as a key', 'rename it');
      } else if (Object.hasOwn(result, key.value)) {
        complain(offset, inner, 'stands twice in the same mapping', 'keep one of the two');
      } else {
        result[key.value] = convert(value, offset, inner, depth + 1);
      }
    }
    return result;
  }

  const value = convert(document.contents, 0, '', 0);
  return { value, problems, isExhausted: exhausted, lineOf: createLocator(document, anchors, lineAt) };
}

/** A pair of a mapping; `yaml` types the key of a composed one too narrowly (`? ` gives null). */
interface MappingItem {
  readonly key: ParsedNode | null;
  readonly value: ParsedNode | null;
}

/** What aliases stand for. */
interface Anchors {
  /** Node of an alias: the last one of that name before it (YAML 1.2, 7.1). */
  target(alias: ParsedNode): ParsedNode | undefined;
}

function anchoredNodes(document: Document.Parsed): Anchors {
  const targets = new Map<ParsedNode, ParsedNode>();
  const latest = new Map<string, ParsedNode>();
  // In document order, once: `alias.resolve` would walk the whole document for every alias.
  const pending: (ParsedNode | null)[] = [document.contents];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node === null) continue;
    if (isAlias(node)) {
      const target = latest.get(node.source);
      if (target !== undefined) targets.set(node, target);
      continue;
    }
    if (node.anchor !== undefined) latest.set(node.anchor, node);
    if (isSeq(node)) pending.push(...[...node.items].reverse());
    if (isMap(node)) {
      for (const { key, value } of [...(node.items as readonly MappingItem[])].reverse())
        pending.push(value, key);
    }
  }
  return { target: (alias) => targets.get(alias) };
}

/** Looks positions up on demand and remembers them: most values are never asked for. */
function createLocator(
  document: Document.Parsed,
  anchors: Anchors,
  lineAt: (offset: number) => number,
): (pointer: string) => number {
  interface Place {
    readonly node: ParsedNode | null;
    readonly line: number;
  }
  const root: Place = { node: document.contents, line: lineAt(document.contents?.range[0] ?? 0) };
  const places = new Map<string, Place>([['', root]]);

  function children(place: Place, pointer: string): void {
    let { node } = place;
    for (let hops = 0; node !== null && isAlias(node) && hops < 100; hops += 1)
      node = anchors.target(node) ?? null;
    if (node !== null && isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        places.set(appendPointer(pointer, index), { node: item, line: lineAt(item.range[0]) });
      }
    }
    if (node !== null && isMap(node)) {
      for (const { key, value } of node.items as readonly MappingItem[]) {
        if (!isScalar(key)) continue;
        const inner = appendPointer(pointer, String(key.value));
        if (!places.has(inner)) places.set(inner, { node: value, line: lineAt(key.range[0]) });
      }
    }
  }

  return (pointer) => {
    let place = root;
    let path = '';
    for (const segment of pointerSegments(pointer)) {
      const inner = appendPointer(path, segment);
      if (!places.has(inner)) children(place, path);
      const next = places.get(inner);
      if (next === undefined) return place.line;
      place = next;
      path = inner;
    }
    return place.line;
  };
}
