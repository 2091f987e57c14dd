/**
 * Generates `schemas/types/*.ts` from `schemas/v1/*.json`. `node schemas/generate.ts` writes them;
 * `--check` only compares and exits 1 on drift.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const schemaFolder = join(import.meta.dirname, 'v1');
const typesFolder = join(import.meta.dirname, 'types');

/** TypeScript of one schema file. @param file name in `schemas/v1`, such as `manifest.json`. */
export async function generateTypes(file: string): Promise<string> {
  const schema = JSON.parse(readFileSync(join(schemaFolder, file), 'utf8')) as JSONSchema;
  // The `$id` is for validators; types resolve `$ref` by file name.
  delete (schema as { $id?: string }).$id;
  return compile(schema, schema.title ?? file, {
    cwd: schemaFolder + '/',
    bannerComment: `/* Generated from schemas/v1/${file} by schemas/generate.ts. Do not edit. */`,
    declareExternallyReferenced: true,
    // A tuple type for every maxItems would be unreadable; bounds are the validator's.
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    style: { singleQuote: true, printWidth: 110 },
  });
}

/** Names of all schema files. */
export function schemaFiles(): readonly string[] {
  return readdirSync(schemaFolder)
    .filter((name) => name.endsWith('.json'))
    .sort();
}

if (import.meta.main) {
  for (const file of schemaFiles()) {
    writeFileSync(join(typesFolder, file.replace(/\.json$/, '.ts')), await generateTypes(file));
  }
}
