import type {
  HttpJsonInventoryConfiguration,
  HttpJsonRequest,
} from '../../../schemas/types/server-configuration.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { compileMapping, type ExpressionBounds, InvalidExpression } from './mapping/expressions.ts';

/** What an inventory reads and how it maps it, as the configuration says. */
export type HttpJsonOptions = Pick<
  HttpJsonInventoryConfiguration,
  'list' | 'lookup' | 'key' | 'recordUrl' | 'related' | 'mapping'
>;

const bounds: ExpressionBounds = { expressionMs: 1_000, depth: 100, items: 1_000 };

/** What a schema cannot say of these options. Pointers start at the options. */
export function optionProblems(options: HttpJsonOptions): readonly FieldProblem[] {
  const { list, lookup, related = {}, mapping } = options;
  const problems: FieldProblem[] = [...requestProblems(list, '/list', undefined)];
  if (lookup !== undefined) problems.push(...requestProblems(lookup, '/lookup', 'id'));
  for (const [name, relation] of Object.entries(related)) {
    const pointer = `/related/${name}`;
    problems.push(...requestProblems(relation.list, `${pointer}/list`, undefined));
    if (relation.lookup !== undefined) {
      problems.push(...requestProblems(relation.lookup, `${pointer}/lookup`, 'key'));
    } else if (lookup !== undefined) {
      problems.push({
        pointer,
        message: 'has no `lookup`, so that one instance cannot be read alone',
        remedy: 'add it, or remove the lookup of the inventory',
      });
    }
  }
  return [...problems, ...mappingProblems(mapping)];
}

function* requestProblems(
  request: HttpJsonRequest,
  pointer: string,
  subject: 'id' | 'key' | undefined,
): Generator<FieldProblem> {
  if ((request.form !== undefined || request.json !== undefined) && request.method !== 'POST') {
    yield { pointer, message: 'has a body, which GET does not send', remedy: 'add `method: POST`' };
  }
  const { path, query, form, json } = request;
  const text = JSON.stringify([path, query, form, json]);
  const needed = (name: string): boolean => !text.includes(`{${name}}`);
  const kind = request.paging?.kind ?? 'none';
  if ((kind === 'offset' || kind === 'page' || kind === 'cursor') && needed(kind)) {
    yield {
      pointer: `${pointer}/paging`,
      message: `goes by {${kind}}, which stands nowhere in the request`,
      remedy: `put {${kind}} into a parameter`,
    };
  }
  if (subject !== undefined && needed(subject)) {
    yield {
      pointer,
      message: `asks for one instance, but {${subject}} stands nowhere in it`,
      remedy: `put {${subject}} into path, query or body`,
    };
  }
}

function* mappingProblems(mapping: HttpJsonOptions['mapping']): Generator<FieldProblem> {
  for (const [field, expression] of Object.entries(mapping)) {
    try {
      compileMapping({ [field]: expression }, bounds);
    } catch (error) {
      if (!(error instanceof InvalidExpression)) throw error;
      yield { pointer: `/mapping/${field}`, message: error.message, remedy: 'correct the expression' };
    }
  }
}
