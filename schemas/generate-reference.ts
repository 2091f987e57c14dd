/**
 * Generates `docs/reference/*.md` from the JSON Schemas of what people write: the two configurations and the policy.
 * `node schemas/generate-reference.ts` writes them; a test compares them with what is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As much of JSON Schema as ours use. */
interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number | boolean)[];
  readonly default?: string | number | boolean | Readonly<Record<string, never>>;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** One page: the schema's file in `schemas/v1`, and the page's name in `docs/reference`. */
export const referencePages = [
  { schema: 'server-configuration.json', page: 'configuration.md', title: 'Configuration of the server' },
  {
    schema: 'hypervisor-configuration.json',
    page: 'hypervisor-configuration.md',
    title: 'Configuration of a hypervisor',
  },
  { schema: 'policy.json', page: 'policy.md', title: 'Policy' },
] as const;

const folder = join(import.meta.dirname, 'v1');

/** Markdown of one page. */
export function generateReference({
  schema: file,
  title,
}: {
  readonly schema: string;
  readonly title: string;
}): string {
  const schema = load(file);
  const sections: string[] = [];
  describeObject(schema, { file, path: '', heading: undefined }, sections);
  return [
    `# ${title}`,
    `<!-- Generated from schemas/v1/${file} by schemas/generate-reference.ts. Do not edit. -->`,
    schema.description ?? '',
    ...sections,
    '',
  ].join('\n\n');
}

interface Place {
  /** File in which a local `$ref` is looked up. */
  readonly file: string;
  /** Dotted path of the object, ending in a dot; empty at the top. */
  readonly path: string;
  readonly heading: string | undefined;
}

interface Resolved {
  readonly schema: Schema;
  readonly file: string;
}

/** A table of the object's keys, then a section for each object or alternative among their values. */
function describeObject(schema: Schema, place: Place, sections: string[]): void {
  const rows: string[] = [];
  const inner: (() => void)[] = [];
  for (const [key, reference] of Object.entries(schema.properties ?? {})) {
    const name = `${place.path}${key}`;
    const value = resolve(reference, place.file);
    const isRequired = schema.required?.includes(key) === true;
    rows.push(
      `| \`${name}\` | ${typeText(value)} | ${defaultText(value.schema, isRequired)} | ${cell(meaning(value))} |`,
    );
    inner.push(() => describeInner(value, name, sections));
  }
  if (place.heading !== undefined) sections.push(place.heading);
  if (rows.length > 0)
    sections.push(['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n'));
  for (const describe of inner) describe();
}

function describeInner(value: Resolved, name: string, sections: string[]): void {
  const { schema, file } = value;
  const alternatives = schema.oneOf?.map((one) => resolve(one, file)).filter((one) => one.schema.properties);
  if (alternatives !== undefined && alternatives.length > 0) {
    for (const alternative of alternatives) {
      const kind = alternative.schema.properties?.['kind']?.const;
      const heading = kind === undefined ? `## \`${name}\`` : `## \`${name}\` of kind \`${String(kind)}\``;
      describeObject(alternative.schema, { file: alternative.file, path: `${name}.`, heading }, sections);
    }
  } else if (schema.properties !== undefined) {
    describeObject(schema, { file, path: `${name}.`, heading: `## \`${name}\`` }, sections);
  } else if (schema.items !== undefined) {
    describeInner(resolve(schema.items, file), `${name}[]`, sections);
  } else if (typeof schema.additionalProperties === 'object') {
    describeInner(resolve(schema.additionalProperties, file), `${name}.NAME`, sections);
  }
}

function load(file: string): Schema {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Schema;
}

/** What a `$ref` stands for; the referring schema's own description and default count before it. */
function resolve(schema: Schema, file: string): Resolved {
  if (schema.$ref === undefined) return { schema, file };
  const [path = '', pointer = ''] = schema.$ref.split('#', 2);
  const target = path === '' ? file : path;
  let found: Schema | undefined = load(target);
  for (const part of pointer.split('/').slice(1))
    found = (found as Record<string, Schema> | undefined)?.[part];
  if (found === undefined) throw new Error(`${file}: ${schema.$ref} leads nowhere`);
  const inner = resolve(found, target);
  const { $ref: _reference, ...own } = schema;
  return { schema: { ...inner.schema, ...own }, file: inner.file };
}

function typeText(value: Resolved): string {
  const { schema, file } = value;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.items !== undefined) return `list of ${typeText(resolve(schema.items, file))}`;
  if (
    schema.properties !== undefined ||
    schema.oneOf !== undefined ||
    schema.additionalProperties !== undefined
  )
    return 'mapping';
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeText(resolve(one, file))).join(' or ');
  const bounds = schema.minimum === undefined ? '' : `, ${schema.minimum} to ${schema.maximum ?? '…'}`;
  return `${Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'any')}${bounds}`;
}

function meaning({ schema, file }: Resolved): string {
  if (schema.description !== undefined) return schema.description;
  return schema.items === undefined ? '' : (resolve(schema.items, file).schema.description ?? '');
}

function defaultText(schema: Schema, isRequired: boolean): string {
  if (isRequired) return 'required';
  if (schema.default === undefined || typeof schema.default === 'object') return '';
  return `\`${String(schema.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) {
  const output = join(import.meta.dirname, '../docs/reference');
  for (const page of referencePages) writeFileSync(join(output, page.page), generateReference(page));
}
