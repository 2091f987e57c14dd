import type { EventList } from '../../../schemas/types/api.ts';
import { resolveInstance } from '../../sync/select-instances.ts';
import type { AppPorts } from '../app-ports.ts';
import { integerParameter, type QueryParameter, textParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

/** The audit trail. */
export function auditRoutes({ store, validators }: AppPorts): readonly Route[] {
  const timestamp = validators.common<string>('timestamp');
  const timeParameter = (description: string): QueryParameter<string> =>
    textParameter(
      description,
      { type: 'string', format: 'date-time' },
      (text) => (timestamp(text).kind === 'valid' ? inMilliseconds(text) : undefined),
      'give a UTC time such as 2026-01-02T03:04:05Z',
    );
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
        action: wordParameter('Only events of this action, such as `access-denied`.'),
        actor: wordParameter('Only events of this actor, such as `token:NAME`, `local` or `schedule`.'),
        since: timeParameter('Only events at or after this time.'),
        until: timeParameter('Only events before this time.'),
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
          ...(query.action === undefined ? {} : { action: query.action }),
          ...(query.actor === undefined ? {} : { actor: query.actor }),
          ...(query.since === undefined ? {} : { since: query.since }),
          ...(query.until === undefined ? {} : { until: query.until }),
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

/** Printable characters without blanks: no event has another action or actor. */
const wordForm = '^[!-~]{1,255}$';

function wordParameter(description: string): QueryParameter<string> {
  const allowed = new RegExp(wordForm);
  return textParameter(
    description,
    { type: 'string', minLength: 1, maxLength: 255, pattern: wordForm },
    (text) => (allowed.test(text) ? text : undefined),
    'give it as `ubugi audit` shows it',
  );
}

/**
 * A time as events have it: with milliseconds, because they are compared as text. A leap second, which RFC 3339 allows
 * and a Date does not, counts as the end of the second before.
 */
function inMilliseconds(timestamp: string): string {
  return new Date(timestamp.replace(/:60(\.\d+)?Z$/, ':59.999Z')).toISOString();
}
