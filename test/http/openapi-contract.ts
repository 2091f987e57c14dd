import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Reply } from './http-exchange.ts';

/** An operation as an OpenAPI document has it. */
export interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly required: boolean; readonly content: object };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

/** As much of an OpenAPI document as the tests look at. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Says what in an answer is not as the document promises; empty if all is. */
export interface OpenApiContract {
  check(method: string, path: string, reply: Reply): readonly string[];
}

/** Creates the contract of a document. Every schema is compiled, so that every reference has to resolve. */
export function createOpenApiContract(document: OpenApiDocument): OpenApiContract {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Ours; `schemas/validation` checks them.
  for (const format of ['ip', 'cidr']) ajv.addFormat(format, true);
  ajv.addSchema(document, 'openapi.json');
  const compile = (...pointer: readonly string[]) =>
    ajv.compile({ $ref: `openapi.json#/${pointer.map(escaped).join('/')}` });
  for (const name of Object.keys(document.components.schemas)) compile('components', 'schemas', name);
  return {
    check(method, target, { status, headers, json }) {
      const [path = ''] = target.split('?');
      const template = Object.keys(document.paths).find((candidate) => matches(candidate, path)) ?? '';
      const verb = method.toLowerCase();
      const response = document.paths[template]?.[verb]?.responses[status];
      if (response === undefined) return [`${method} ${path}: ${status} is not described`];
      const mediaType = (headers.get('content-type') ?? '').split(';')[0] ?? '';
      if (response.content === undefined)
        return mediaType === '' ? [] : [`${method} ${path}: an unexpected body`];
      const content = response.content[mediaType];
      if (content === undefined) return [`${method} ${path} ${status}: ${mediaType} is not described`];
      if (!('schema' in content)) return [];
      const validate = compile(
        'paths',
        template,
        verb,
        'responses',
        String(status),
        'content',
        mediaType,
        'schema',
      );
      if (validate(json)) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message }) => `${method} ${path} ${status}: ${instancePath} ${message ?? ''}`,
      );
    },
  };
}

function matches(template: string, path: string): boolean {
  const expected = template.split('/');
  const actual = path.split('/');
  return (
    expected.length === actual.length &&
    expected.every((segment, index) => segment.startsWith('{') || segment === actual[index])
  );
}

function escaped(segment: string): string {
  return encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'));
}
