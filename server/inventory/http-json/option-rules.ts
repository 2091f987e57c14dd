import type {
  HttpJsonInventoryConfiguration,
  HttpJsonRequest,
} from '../../../schemas/types/server-configuration.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { isTimeZone } from './changes/since.ts';
import { compileMapping, type ExpressionBounds, InvalidExpression } from './mapping/expressions.ts';

/** What an inventory reads and how it maps it, as the configuration says. */
export type HttpJsonOptions = Pick<
  HttpJsonInventoryConfiguration,
  'list' | 'lookup' | 'lookupByName' | 'changes' | 'key' | 'recordUrl' | 'related' | 'mapping'
>;

const bounds: ExpressionBounds = { expressionMs: 1_000, depth: 100, items: 1_000 };

/** What a schema cannot say of these options. Pointers start at the options. */
export function optionProblems(options: HttpJsonOptions): readonly FieldProblem[] {
  const { list, lookup, lookupByName, changes, related = {}, mapping } = options;
  const problems: FieldProblem[] = [...requestProblems(list, '/list', undefined)];
  if (lookup !== undefined) problems.push(...requestProblems(lookup, '/lookup', 'id'));
  if (lookupByName !== undefined) problems.push(...requestProblems(lookupByName, '/lookupByName', 'name'));
  if (changes !== undefined) problems.push(...changesProblems(changes));
  const readsOne = lookup !== undefined || lookupByName !== undefined || changes !== undefined;
  for (const [name, relation] of Object.entries(related)) {
    const pointer = `/related/${name}`;
    problems.push(...requestProblems(relation.list, `${pointer}/list`, undefined));
    if (relation.lookup !== undefined) {
      problems.push(...requestProblems(relation.lookup, `${pointer}/lookup`, 'key'));
    } else if (readsOne) {
      problems.push({
        pointer,
        message: 'has no `lookup`, so that one instance cannot be read alone',
        remedy: 'add it, or remove look-ups and `changes` of the inventory',
      });
    }
  }
  return [...problems, ...mappingProblems(mapping)];
}

/** Placeholders without which a request would be another. */
type Subject = 'id' | 'key' | 'keys' | 'name' | 'since';

function* changesProblems({
  touched,
  lookup,
  timeZone,
}: NonNullable<HttpJsonOptions['changes']>): Generator<FieldProblem> {
  for (const [name, { list }] of Object.entries(touched))
    yield* requestProblems(list, `/changes/touched/${name}/list`, 'since');
  yield* requestProblems(lookup, '/changes/lookup', 'keys');
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    yield {
      pointer: '/changes/timeZone',
      message: 'is not a time zone that is known here',
      remedy: 'give a name such as Europe/Berlin',
    };
  }
}

function* requestProblems(
  request: HttpJsonRequest,
  pointer: string,
  subject: Subject | undefined,
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
      message: `asks for some instances, but {${subject}} stands nowhere in it`,
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
