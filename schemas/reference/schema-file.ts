import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON value that is neither object nor array, as `const` and `enum` have them in `schemas/v1`. */
type Scalar = string | number | boolean | null;

/** The keywords of JSON Schema that `schemas/v1` uses and a reference shows. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: Scalar;
  readonly enum?: readonly Scalar[];
  /** An empty object stands for the defaults of its own keys. */
  readonly default?: Scalar | Readonly<Record<string, never>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** A schema and the file that its references are relative to. */
export interface LocatedSchema {
  readonly schema: JsonSchema;
  /** Name in `schemas/v1`. */
  readonly file: string;
  /** Name of the definition that it stands under; undefined where it stands in line. */
  readonly definition: string | undefined;
}

/** Reads a file of `schemas/v1`. */
export function readSchemaFile(file: string): JsonSchema {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../v1', file), 'utf8')) as JsonSchema;
}

/** What a `$ref` leads to; keywords that stand beside it win. */
export function followReference({ schema, file, definition }: LocatedSchema): LocatedSchema {
  if (schema.$ref === undefined) return { schema, file, definition };
  const { $ref, ...beside } = schema;
  const [target = '', fragment = ''] = $ref.split('#');
  const name = fragment.replace('/$defs/', '');
  const where = target === '' ? file : target;
  const found = readSchemaFile(where).$defs?.[name];
  if (found === undefined) throw new Error(`${file} refers to ${$ref}, which is not there`);
  const followed = followReference({ schema: found, file: where, definition: name });
  return { ...followed, schema: { ...followed.schema, ...beside } };
}
