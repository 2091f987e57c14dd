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

/** The problem that an ajv error stands for, in words that a person can act on. */
export function fieldProblem(error: ErrorObject): FieldProblem {
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
    default:
      return {
        pointer: error.instancePath,
        message: error.message ?? 'is not allowed',
        remedy: 'correct it',
      };
  }
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
