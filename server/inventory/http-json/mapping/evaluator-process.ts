/**
 * A process of its own that evaluates mappings: an expression that never ends, or that eats all memory, takes only
 * this process with it. Reads lines of JSON from standard input and answers each on standard output.
 */
import { createInterface } from 'node:readline';
import type {
  EvaluationFailure,
  EvaluatorAnswer,
  EvaluatorSetUp,
  MappingInput,
} from './evaluator-protocol.ts';
import { compileMapping, type MappedField, type MappingExpression } from './expressions.ts';

async function evaluate(
  expressions: ReadonlyMap<MappedField, MappingExpression>,
  { row, related }: MappingInput,
): Promise<EvaluatorAnswer> {
  const value: Partial<Record<MappedField, unknown>> = {};
  const failures: EvaluationFailure[] = [];
  for (const [field, expression] of expressions) {
    try {
      value[field] = (await expression.evaluate(row, related)) as unknown;
    } catch (error) {
      failures.push(failure(field, error));
    }
  }
  return { value: failures.length > 0 ? { id: value.id } : value, failures };
}

/** D3137 and D3141 are $error and $assert: their text is the expression's own, and meant for people. */
function failure(field: MappedField, error: unknown): EvaluationFailure {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== 'string') return { field, code: 'no value' };
  const said = code === 'D3137' || code === 'D3141' ? String(message).slice(0, 255) : undefined;
  return { field, code, ...(said === undefined ? {} : { said }) };
}

function asLine(answer: EvaluatorAnswer, resultCharacters: number): string {
  const fail = (code: string): string => JSON.stringify({ value: {}, failures: [{ field: '', code }] });
  try {
    const line = JSON.stringify(answer);
    return line.length > resultCharacters ? fail('result-too-large') : line;
  } catch {
    return fail('no-json');
  }
}

async function serve(): Promise<void> {
  let expressions: ReadonlyMap<MappedField, MappingExpression> | undefined;
  let resultCharacters = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (expressions === undefined) {
      const setUp = JSON.parse(line) as EvaluatorSetUp;
      expressions = compileMapping(setUp.mapping, setUp.bounds);
      resultCharacters = setUp.resultCharacters;
      process.stdout.write('{"value":{},"failures":[]}\n');
    } else {
      const answer = await evaluate(expressions, JSON.parse(line) as MappingInput);
      process.stdout.write(`${asLine(answer, resultCharacters)}\n`);
    }
  }
}

await serve();
