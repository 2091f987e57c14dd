import type { FieldProblem } from '../../schemas/validation/field-problem.ts';
import { appendPointer } from '../../schemas/validation/json-pointer.ts';
import { printable } from '../domain/printable.ts';
import { requestInvalid } from './problem.ts';

/** One query parameter: how it is described and read. */
export interface QueryParameter<T> {
  readonly description: string;
  /** JSON Schema for the API's description. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The value of a text, or undefined if it is none. */
  readonly parse: (text: string) => T | undefined;
  /** What to write instead of a wrong value. */
  readonly remedy: string;
}

/** Parameters of a route, by name. */
export type QueryParameters = Readonly<Record<string, QueryParameter<unknown>>>;

/** The values of a route's parameters; undefined where one was not sent. */
export type QueryValues<Q extends QueryParameters> = {
  readonly [Name in keyof Q]: Q[Name] extends QueryParameter<infer T> ? T | undefined : never;
};

/** Reads the query of a URL. Fails with `request-invalid`, naming every parameter that is unknown, repeated or wrong. */
export function readQuery<Q extends QueryParameters>(parameters: Q, search: URLSearchParams): QueryValues<Q> {
  const problems: FieldProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const name of new Set(search.keys())) {
    const pointer = appendPointer('', printable(name));
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const [text, ...others] = search.getAll(name);
    if (parameter === undefined) {
      const known = Object.keys(parameters).join(', ');
      const remedy = known === '' ? 'remove it' : `use ${known}`;
      problems.push({ pointer, message: 'is not a known parameter', remedy });
    } else if (others.length > 0) {
      problems.push({ pointer, message: 'is given more than once', remedy: 'give it once' });
    } else {
      const value = parameter.parse(text ?? '');
      if (value === undefined) {
        problems.push({ pointer, message: 'has a value that is not allowed', remedy: parameter.remedy });
      } else {
        values[name] = value;
      }
    }
  }
  if (problems.length > 0) throw requestInvalid('query', problems);
  return values as QueryValues<Q>;
}

/** A whole number within bounds. */
export function integerParameter(
  description: string,
  minimum: number,
  maximum: number,
): QueryParameter<number> {
  return {
    description,
    schema: { type: 'integer', minimum, maximum },
    parse: (text) => {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum ? value : undefined;
    },
    remedy: `give a whole number from ${minimum} to ${maximum}`,
  };
}

/** `true` or `false`. */
export function booleanParameter(description: string): QueryParameter<boolean> {
  return {
    description,
    schema: { type: 'boolean' },
    parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
    remedy: 'give true or false',
  };
}

/** One of a few words. */
export function choiceParameter<const Choice extends string>(
  description: string,
  choices: readonly Choice[],
): QueryParameter<Choice> {
  return {
    description,
    schema: { enum: choices },
    parse: (text) => choices.find((choice) => choice === text),
    remedy: `give one of ${choices.join(', ')}`,
  };
}

/** Text that passes a check. */
export function textParameter<T extends string = string>(
  description: string,
  schema: Readonly<Record<string, unknown>>,
  parse: (text: string) => T | undefined,
  remedy: string,
): QueryParameter<T> {
  return { description, schema, parse, remedy };
}
