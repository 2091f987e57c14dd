import type { AppPorts } from '../app-ports.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const statusSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['status'],
  properties: { status: { const: 'ok' } },
};

/**
 * Health, metrics and the description of the API.
 * @param describe the API's description, asked for when it is served
 */
export function operationRoutes({ store, metrics }: AppPorts, describe: () => unknown): readonly Route[] {
  const access = { minimum: 'viewer', hypervisor: 'yes' } as const;
  return [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      operationId: 'health',
      tag: 'operations',
      summary: 'Whether the process answers.',
      access,
      successes: [
        {
          status: 200,
          description: 'It does.',
          content: { mediaType: 'application/json', schema: statusSchema },
        },
      ],
      handle: () => Promise.resolve(jsonResponse({ status: 'ok' })),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      operationId: 'readiness',
      tag: 'operations',
      summary: 'Whether the server can do its work: its database answers.',
      access,
      successes: [
        {
          status: 200,
          description: 'It can.',
          content: { mediaType: 'application/json', schema: statusSchema },
        },
      ],
      handle: async () => {
        await store.ping();
        return jsonResponse({ status: 'ok' });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      operationId: 'metrics',
      tag: 'operations',
      summary: 'Metrics in the text format of Prometheus.',
      access,
      successes: [{ status: 200, description: 'The metrics.', content: { mediaType: 'text/plain' } }],
      handle: async () =>
        new Response(await metrics.render(), { headers: { 'Content-Type': metrics.contentType } }),
    }),
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'openapi',
      tag: 'operations',
      summary: 'This description (OpenAPI 3.1).',
      access,
      successes: [
        {
          status: 200,
          description: 'The description.',
          content: { mediaType: 'application/json', schema: { type: 'object' } },
        },
      ],
      handle: () => Promise.resolve(jsonResponse(describe())),
    }),
  ];
}
