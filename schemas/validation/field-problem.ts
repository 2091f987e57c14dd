import type { ErrorObject } from 'ajv/dist/2020.js';
import { appendPointer } from './json-pointer.ts';

/** One thing wrong with one field of a value. */
export interface FieldProblem {
  /** JSON pointer (RFC 6901) to the field; empty for the whole value. */
  readonly pointer: string;
  /** What is wrong. Never repeats the value, which may be hostile or secret. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * Errors that tell something: where one of several fields is needed, that says the anyOf and not its branches; where
 * a value fits no branch of another kind, that say the branches and not the anyOf.
 */
export function tellingErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors.filter((error) => neededFields(error) !== undefined);
  return errors.filter((error) => {
    if (error.keyword === 'required') {
      return !choices.some(
        (choice) =>
          choice.instancePath === error.instancePath && error.schemaPath.startsWith(`${choice.schemaPath}/`),
      );
    }
    if (!['anyOf', 'oneOf', 'propertyNames'].includes(error.keyword)) return true;
    const isInside = ({ instancePath }: ErrorObject): boolean =>
      `${instancePath}/`.startsWith(`${error.instancePath}/`);
    return neededFields(error) !== undefined || !errors.some((other) => other !== error && isInside(other));
  });
}

/** Fields of which an anyOf asks for at least one, if that is all it does. */
function neededFields(error: ErrorObject): readonly string[] | undefined {
  if (error.keyword !== 'anyOf') return undefined;
  const branches = (error.schema ?? []) as readonly RequiringBranch[];
  const isChoice = branches.every(
    (branch) => Object.keys(branch).length === 1 && branch.required?.length === 1,
  );
  return isChoice ? branches.flatMap(({ required = [] }) => required) : undefined;
}

interface RequiringBranch {
  readonly required?: readonly string[];
}

/** The problem that an ajv error stands for, in words that a person can act on. */
export function fieldProblem(error: ErrorObject): FieldProblem {
  const problem = valueProblem(error);
  // The name of a key is not repeated: it may be hostile.
  return error.propertyName === undefined
    ? problem
    : { ...problem, message: `has a key that ${problem.message}` };
}

function valueProblem(error: ErrorObject): FieldProblem {
  const parameters = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return {
        pointer: error.instancePath,
        message: `misses the field \`${String(parameters['missingProperty'])}\``,
        remedy: 'add it',
      };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return {
        pointer: appendPointer(
          error.instancePath,
          String(parameters['additionalProperty'] ?? parameters['unevaluatedProperty']),
        ),
        message: 'is not a known field',
        remedy: 'remove it or correct its name',
      };
    case 'enum':
      return {
        pointer: error.instancePath,
        message: 'is not one of the allowed values',
        remedy: `use one of ${(parameters['allowedValues'] as readonly unknown[]).join(', ')}`,
      };
    case 'const':
      return {
        pointer: error.instancePath,
        message: 'is not the allowed value',
        remedy: `use ${JSON.stringify(parameters['allowedValue'])}`,
      };
    case 'type':
      return {
        pointer: error.instancePath,
        message: 'has the wrong type',
        remedy: `give ${article(String(parameters['type']))}`,
      };
    case 'pattern':
      return {
        pointer: error.instancePath,
        message: 'has characters or a form that are not allowed here',
        remedy: `give a value that matches ${String(parameters['pattern'])}`,
      };
    case 'format':
      return {
        pointer: error.instancePath,
        message: `is not a valid ${String(parameters['format'])}`,
        remedy: `give a valid ${String(parameters['format'])}`,
      };
    case 'discriminator':
      return {
        pointer: appendPointer(error.instancePath, String(parameters['tag'])),
        message: 'is not one of the known kinds',
        remedy: `use ${knownTags(error)}`,
      };
    case 'not':
      return {
        pointer: error.instancePath,
        message: 'is a value that is reserved',
        remedy: 'give another one',
      };
    case 'anyOf':
      return choiceProblem(error);
    default:
      return boundProblem(error);
  }
}

function choiceProblem(error: ErrorObject): FieldProblem {
  const names = (neededFields(error) ?? []).map((name) => `\`${name}\``).join(' and ');
  return names === ''
    ? {
        pointer: error.instancePath,
        message: 'has none of the forms that are allowed here',
        remedy: 'correct it',
      }
    : { pointer: error.instancePath, message: `has none of the fields ${names}`, remedy: 'add one of them' };
}

/** What the keywords say that bound a value, by keyword. */
const bounds: Readonly<Record<string, (limit: string) => readonly [message: string, remedy: string]>> = {
  minItems: (limit) => [
    limit === '1' ? 'is empty' : `has fewer than ${limit} entries`,
    'add entries, or remove it',
  ],
  maxItems: (limit) => [`has more than ${limit} entries`, 'split it'],
  minProperties: (limit) => [
    limit === '1' ? 'is empty' : `has fewer than ${limit} fields`,
    'add fields, or remove it',
  ],
  maxProperties: (limit) => [`has more than ${limit} fields`, 'split it'],
  minLength: (limit) => [
    limit === '1' ? 'is empty' : `is shorter than ${limit} characters`,
    'give a longer text',
  ],
  maxLength: (limit) => [`is longer than ${limit} characters`, 'shorten it'],
  minimum: (limit) => [`is below ${limit}`, `give a number from ${limit} on`],
  maximum: (limit) => [`is above ${limit}`, `give a number up to ${limit}`],
};

function boundProblem({ keyword, params, instancePath, message }: ErrorObject): FieldProblem {
  const parameters = params as Record<string, unknown>;
  if (keyword === 'uniqueItems') {
    const index = String(parameters['i']);
    return {
      pointer: appendPointer(instancePath, index),
      message: 'stands twice in the list',
      remedy: 'keep one of the two',
    };
  }
  const [text, remedy] = bounds[keyword]?.(String(parameters['limit'])) ?? [
    message ?? 'is not allowed',
    'correct it',
  ];
  return { pointer: instancePath, message: text, remedy };
}

/** Values of the tag in the branches of a schema with `discriminator`. */
function knownTags(error: ErrorObject): string {
  const branches = (error.parentSchema?.['oneOf'] ?? []) as readonly TaggedBranch[];
  const tag = String((error.params as Record<string, unknown>)['tag']);
  return branches.map((branch) => String(branch.properties[tag]?.const)).join(' or ');
}

interface TaggedBranch {
  readonly properties: Readonly<Record<string, { readonly const?: unknown }>>;
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
