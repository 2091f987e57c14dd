import jsonata from 'jsonata';
import type { HttpJsonMapping } from '../../../../schemas/types/server-configuration.ts';

/** A compiled expression. */
export type MappingExpression = jsonata.Expression;

/** Fields of an instance record that a mapping can give. */
export type MappedField = keyof HttpJsonMapping;

/** What is wrong with an expression of the configuration. */
export class InvalidExpression extends Error {
  override readonly name = 'InvalidExpression';
  readonly field: MappedField;

  constructor(field: MappedField, message: string) {
    super(message);
    this.field = field;
  }
}

/** Bounds of what one expression may do with one record. */
export interface ExpressionBounds {
  /** Milliseconds. Regular expressions and large texts are bounded by the end of the process only. */
  readonly expressionMs: number;
  /** Nesting of evaluations. */
  readonly depth: number;
  /** Values of a sequence. */
  readonly items: number;
}

/** They would make code of data, or another record of the same data at each reading. */
const forbidden: ReadonlySet<string> = new Set(['eval', 'now', 'millis', 'random', 'shuffle']);

/** Compiles every expression of a mapping, or fails with {@link InvalidExpression}. */
export function compileMapping(
  mapping: Partial<HttpJsonMapping>,
  bounds: ExpressionBounds,
): ReadonlyMap<MappedField, MappingExpression> {
  const compiled = new Map<MappedField, MappingExpression>();
  for (const [name, text] of Object.entries(mapping)) {
    const field = name as MappedField;
    const expression = compile(field, text, bounds);
    const used = findForbidden(expression.ast());
    if (used !== undefined) throw new InvalidExpression(field, `uses $${used}, which is not allowed`);
    compiled.set(field, expression);
  }
  return compiled;
}

function compile(field: MappedField, text: string, bounds: ExpressionBounds): MappingExpression {
  try {
    return jsonata(text, { timeout: bounds.expressionMs, stack: bounds.depth, sequence: bounds.items });
  } catch (error) {
    const { code, position } = error as { readonly code?: string; readonly position?: number };
    throw new InvalidExpression(
      field,
      code === undefined
        ? 'is nested too deep'
        : `is no JSONata (${code}${position === undefined ? '' : ` at character ${position}`})`,
    );
  }
}

/** Name of the first forbidden function in a syntax tree; a variable is how it can be reached at all. */
function findForbidden(tree: unknown): string | undefined {
  const pending: unknown[] = [tree];
  const seen = new Set<unknown>();
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    const { type, value } = node as { readonly type?: unknown; readonly value?: unknown };
    if (type === 'variable' && typeof value === 'string' && forbidden.has(value)) return value;
    pending.push(...(Object.values(node) as unknown[]));
  }
  return undefined;
}
