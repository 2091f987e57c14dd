import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { _ } from 'ajv/dist/compile/codegen/index.js';
import standaloneModule from 'ajv/dist/standalone/index.js';
import { formats } from '../agent/configuration/formats.ts';

const schemas = join(import.meta.dirname, '../../schemas/v1');

/**
 * ESM source of the validators `guestConfiguration` and `manifest`, generated from `schemas/v1`, so that the agent
 * carries no schema compiler. It requires `ubugi:formats`.
 */
export function validatorsSource(): string {
  const ajv = new Ajv({
    allErrors: false,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    // The agent has its own words for each keyword (schemas/validation/field-problem.ts).
    messages: false,
    code: { source: true, esm: true, optimize: true, formats: _`require("ubugi:formats").formats` },
  });
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, validate);
  const ids: Record<string, string> = {};
  for (const file of ['common', 'guest-configuration', 'manifest']) {
    const schema = JSON.parse(readFileSync(join(schemas, `${file}.json`), 'utf8'), withoutProse) as {
      readonly $id: string;
    };
    ajv.addSchema(schema);
    ids[file] = schema.$id;
  }
  const standalone = standaloneModule as unknown as (ajv: Ajv, names: Record<string, string>) => string;
  return standalone(ajv, {
    guestConfiguration: ids['guest-configuration'] ?? '',
    manifest: ids['manifest'] ?? '',
  });
}

/** What is for readers only does not travel; a field of such a name is an object and stays. */
function withoutProse(key: string, value: unknown): unknown {
  return typeof value === 'string' && ['title', 'description', '$comment'].includes(key) ? undefined : value;
}
