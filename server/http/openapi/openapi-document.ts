import { rolesWith } from '../principal.ts';
import type { Route, Success } from '../route.ts';
import { componentReference, schemaComponents } from './schema-components.ts';

/** Failures that any route can answer with. */
const commonFailures: Readonly<Record<number, string>> = {
  400: 'The request is malformed; `problems` names every wrong parameter or field.',
  401: 'No token, or one that is unknown, expired or revoked.',
  403: 'The role may not do this, or the instance is not placed on this hypervisor.',
  500: 'The server failed; its log tells more under the id in `instance`.',
  503: 'The database does not answer.',
};

const pathParameters: Readonly<Record<string, string>> = {
  id: 'UUID of an instance, or a name that only one instance has.',
  run: 'UUID of a run.',
  host: 'Host name of a hypervisor.',
  token: 'UUID of a token.',
};

/** The description of the API (OpenAPI 3.1), made from the route table and the JSON schemas. */
export function openApiDocument(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Ubugi',
      version: '1',
      description:
        'The metadata server. Every request needs a bearer token, or comes in over the local socket, which counts as role admin; webhooks have a signature instead. Failures are problem details (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: schemaComponents(),
    },
  };
}

function operation(route: Route): Readonly<Record<string, unknown>> {
  const isSigned = route.access.minimum === 'signature';
  const roles = isSigned
    ? 'Needs a signature instead of a token.'
    : `Roles: ${rolesWith(route.access).join(', ')}${route.access.hypervisor === 'own' ? ' (for its own)' : ''}${route.access.guest === true ? ', or a guest with the one-time token of its drive' : ''}.`;
  const parameters = [
    ...namesInTemplate(route.path).map((name) => ({
      name,
      in: 'path',
      required: true,
      description: pathParameters[name],
      schema: { type: 'string' },
    })),
    ...Object.entries(route.query).map(([name, { description, schema }]) => ({
      name,
      in: 'query',
      required: false,
      description,
      schema,
    })),
    ...Object.entries(route.requestHeaders ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      required: isSigned,
      description,
      schema: { type: 'string' },
    })),
  ];
  return {
    operationId: route.operationId,
    ...(isSigned ? { security: [] } : {}),
    tags: [route.tag],
    summary: route.summary,
    description: route.description === undefined ? roles : `${route.description} ${roles}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.optional,
            content: { 'application/json': { schema: componentReference(route.body.schema) } },
          },
        }),
    ...(route.accepts === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              Object.entries(route.accepts.contents).map(([mediaType, schema]) => [
                mediaType,
                schema === undefined ? {} : { schema: componentReference(schema) },
              ]),
            ),
          },
        }),
    responses: {
      ...Object.fromEntries(route.successes.map((success) => [success.status, response(success)])),
      ...Object.fromEntries(
        Object.entries(failures(route)).map(([status, description]) => [status, problem(description)]),
      ),
    },
  };
}

function failures(route: Route): Readonly<Record<string, string>> {
  const names = namesInTemplate(route.path);
  return {
    ...commonFailures,
    ...(names.length === 0 ? {} : { 404: 'There is none of this name or number.' }),
    ...(names.includes('id') ? { 409: 'The name is ambiguous: `candidates` lists the UUIDs.' } : {}),
    ...(route.body === undefined
      ? {}
      : {
          413: `The body is larger than ${route.body.limit} bytes.`,
          415: 'The body is compressed or not JSON.',
        }),
    ...(route.accepts === undefined
      ? {}
      : {
          413: `The body is larger than ${route.accepts.limit} bytes.`,
          415: 'The body is compressed or of another media type.',
        }),
    ...route.failures,
  };
}

function response({ description, content, headers }: Success): Readonly<Record<string, unknown>> {
  return {
    description,
    ...(content === undefined ? {} : { content: { [content.mediaType]: mediaType(content) } }),
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, meaning]) => [
              name,
              { description: meaning, schema: { type: 'string' } },
            ]),
          ),
        }),
  };
}

function mediaType(content: NonNullable<Success['content']>): Readonly<Record<string, unknown>> {
  if (!('schema' in content)) return {};
  return { schema: typeof content.schema === 'string' ? componentReference(content.schema) : content.schema };
}

function problem(description: string): Readonly<Record<string, unknown>> {
  return {
    description,
    content: { 'application/problem+json': { schema: componentReference('api.problem') } },
  };
}

/** `id` of `/v1/instances/{id}`. */
export function namesInTemplate(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment.startsWith('{'))
    .map((segment) => segment.slice(1, -1));
}
