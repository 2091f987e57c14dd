import { headingLink, markdownCode, markdownTable } from './markdown-table.ts';
import { followReference, type JsonSchema, type LocatedSchema, readSchemaFile } from './schema-file.ts';

/** A heading with the object that its table describes. */
interface Section {
  readonly heading: string;
  readonly object: LocatedSchema;
}

/** What a reference collects on its way through a schema. */
interface Outline {
  readonly sections: Section[];
  /** Definitions of single values, by name. */
  readonly values: Map<string, JsonSchema>;
}

/** Heading of the table of {@link Outline.values}. */
const valuesHeading = 'Values';

/**
 * A table for each object of a schema, in the order in which one meets them, and one of the kinds of values.
 * @param file name in `schemas/v1`
 */
export function renderSchemaReference(file: string): string {
  const outline: Outline = { sections: [], values: new Map() };
  addSection(outline, {
    heading: 'Top level',
    object: { schema: readSchemaFile(file), file, definition: undefined },
  });
  const parts: string[] = [];
  // Rendering a section finds the sections that it refers to.
  for (const section of outline.sections) parts.push(renderSection(outline, section));
  return [...parts, renderValues(outline.values)].join('\n\n');
}

function addSection({ sections }: Outline, section: Section): void {
  if (sections.every(({ heading }) => heading !== section.heading)) sections.push(section);
}

function renderSection(outline: Outline, { heading, object }: Section): string {
  const { schema, file } = object;
  const path = heading === 'Top level' ? '' : heading.split(' ')[0];
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const value = followReference({ schema: property, file, definition: undefined });
    const type = typeOf(outline, value, path === '' ? key : `${path}.${key}`);
    return [markdownCode(key), type, defaultOf(schema, key, value.schema), property.description ?? ''];
  });
  return [
    `## ${heading}`,
    ...(heading === 'Top level' || schema.description === undefined ? [] : [schema.description]),
    markdownTable(['key', 'type', 'default', 'meaning'], rows),
  ].join('\n\n');
}

function defaultOf({ required }: JsonSchema, key: string, value: JsonSchema): string {
  if (required?.includes(key) === true) return 'required';
  // The defaults of an object stand in its own table.
  if (value.default === undefined || typeof value.default === 'object') return '';
  return markdownCode(String(value.default));
}

/** @param path keys from the top, such as `listen.tls` */
function typeOf(outline: Outline, located: LocatedSchema, path: string): string {
  const { schema, file, definition } = located;
  if (schema.oneOf !== undefined) {
    const links = schema.oneOf.map((alternative) => {
      const { const: kind } = alternative.properties?.['kind'] ?? {};
      const name = typeof kind === 'string' ? `kind ${kind}` : (alternative.title ?? '');
      return objectLink(outline, { ...located, schema: alternative }, `${path} of ${name}`);
    });
    return links.join(' or ');
  }
  if (schema.properties !== undefined) return objectLink(outline, located, definition ?? path);
  if (schema.items !== undefined) {
    return `list of ${typeOf(outline, followReference({ schema: schema.items, file, definition: undefined }), path)}`;
  }
  if (typeof schema.additionalProperties === 'object') {
    const values = { schema: schema.additionalProperties, file, definition: undefined };
    const names = followReference({ schema: schema.propertyNames ?? {}, file, definition: undefined });
    const value = typeOf(outline, followReference(values), path);
    return `map of ${typeOf(outline, names, path)} to ${value}`;
  }
  if (definition === undefined) return formOf(schema);
  outline.values.set(definition, schemaOfDefinition(located));
  return `[${words(definition)}](#${valuesHeading.toLowerCase()})`;
}

function objectLink(outline: Outline, object: LocatedSchema, heading: string): string {
  addSection(outline, { heading, object });
  return headingLink(heading);
}

/** The definition itself, without what a reference to it says. */
function schemaOfDefinition({ file, definition, schema }: LocatedSchema): JsonSchema {
  return readSchemaFile(file).$defs?.[definition ?? ''] ?? schema;
}

function renderValues(values: ReadonlyMap<string, JsonSchema>): string {
  const rows = [...values]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => [words(name), formOf(schema), schema.description ?? '']);
  return [`## ${valuesHeading}`, markdownTable(['value', 'form', 'meaning'], rows)].join('\n\n');
}

/** What a single value has to look like. */
function formOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return markdownCode(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => markdownCode(String(value))).join(', ');
  if (schema.type === 'boolean') return '`true` or `false`';
  if (schema.type === 'integer' || schema.type === 'number') {
    const noun = schema.type === 'integer' ? 'whole number' : 'number';
    return `${noun}${bounds(schema.minimum, schema.maximum)}`;
  }
  const length = bounds(schema.minLength, schema.maxLength);
  return [
    `text${length === '' ? '' : ` of${length} characters`}`,
    ...(schema.pattern === undefined ? [] : [`matching ${markdownCode(schema.pattern)}`]),
  ].join(' ');
}

function bounds(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return ` ${least} to ${most}`;
  if (least !== undefined) return ` at least ${least}`;
  return most === undefined ? '' : ` at most ${most}`;
}

/** `domainName` as `domain name`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
