import type { EventList } from '../../../schemas/types/api.ts';
import { resolveInstance } from '../../sync/select-instances.ts';
import type { AppPorts } from '../app-ports.ts';
import { integerParameter, textParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

/** The audit trail. */
export function auditRoutes({ store, validators }: AppPorts): readonly Route[] {
  const timestamp = validators.common<string>('timestamp');
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit',
      operationId: 'listEvents',
      tag: 'audit',
      summary: 'List events, oldest first, page by page.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: {
        instance: textParameter(
          'Only events of this instance: UUID or unambiguous name.',
          { type: 'string', minLength: 1, maxLength: 255 },
          (text) => (text !== '' && text.length <= 255 ? text : undefined),
          'give a UUID or name',
        ),
        since: textParameter(
          'Only events at or after this time.',
          { type: 'string', format: 'date-time' },
          (text) => (timestamp(text).kind === 'valid' ? inMilliseconds(text) : undefined),
          'give a UTC time such as 2026-01-02T03:04:05Z',
        ),
        after: integerParameter(
          'Number that the page starts after: `next` of the page before.',
          0,
          Number.MAX_SAFE_INTEGER,
        ),
        limit: integerParameter('Most events to return; 100 if absent.', 1, 1000),
      },
      successes: [
        {
          status: 200,
          description: 'One page.',
          content: { mediaType: 'application/json', schema: 'api.eventList' },
        },
      ],
      failures: {
        404: 'There is no such instance.',
        409: 'The name is ambiguous: `candidates` lists the UUIDs.',
      },
      handle: async ({ query }) => {
        const limit = query.limit ?? 100;
        const instance =
          query.instance === undefined ? undefined : await resolveInstance(store, query.instance);
        const events = await store.events({
          ...(instance === undefined ? {} : { instance: instance.id }),
          ...(query.since === undefined ? {} : { since: query.since }),
          ...(query.after === undefined ? {} : { after: query.after }),
          limit,
        });
        const body: EventList = {
          events: [...events],
          next: events.length < limit ? null : (events.at(-1)?.id ?? null),
        };
        return jsonResponse(body);
      },
    }),
  ];
}

/**
 * A time as events have it: with milliseconds, because they are compared as text. A leap second, which RFC 3339 allows
 * and a Date does not, counts as the end of the second before.
 */
function inMilliseconds(timestamp: string): string {
  return new Date(timestamp.replace(/:60(\.\d+)?Z$/, ':59.999Z')).toISOString();
}
