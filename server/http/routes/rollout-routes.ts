import type {
  RegenerateRequest,
  Rollout,
  RolloutAction,
  RolloutInstanceList,
  RolloutList,
} from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { rolloutView } from '../../rollouts/rollout-view.ts';
import type { AppPorts } from '../app-ports.ts';
import { choiceParameter, integerParameter } from '../query-parameter.ts';
import { bodyLimit, defineRoute, jsonResponse, type Route, type Success } from '../route.ts';
import { answerStarted, runRequestHeaders, runSuccesses } from '../run-answer.ts';

const states = [
  'waiting',
  'under-way',
  'applied',
  'unchanged',
  'failed',
  'silent',
  'skipped',
  'released',
] as const;
const failures = {
  404: 'There is no such rollout.',
  409: 'It is not in a state for this, or a run is under way.',
};
const one: readonly Success[] = [
  {
    status: 200,
    description: 'The rollout.',
    content: { mediaType: 'application/json', schema: 'api.rollout' },
  },
];

/** What a regenerate is answered with. */
export const regenerateSuccesses: readonly Success[] = runSuccesses.map((success) =>
  success.status === 202
    ? {
        ...success,
        description:
          'The run has started; or, with `canary`, `batch`, `haltAfter` or `batchTimeoutSeconds`, the rollout has begun. Its `progress` and end are at the Location.',
        content: { mediaType: 'application/json', schema: 'api.regenerateStarted' },
      }
    : success,
);

/** Begins a regenerate in stages. */
export async function answerRollout(
  { rollouts }: Pick<AppPorts, 'rollouts'>,
  request: RegenerateRequest,
  actor: string,
): Promise<Response> {
  const rollout = await rollouts.create(request, actor);
  return jsonResponse(rollout, { status: 202, headers: { Location: `/v1/rollouts/${rollout.id}` } });
}

/** Regenerates in stages. */
export function rolloutRoutes({ store, rollouts, syncJob, validators }: AppPorts): readonly Route[] {
  const body = {
    schema: 'api.rolloutAction',
    validator: validators.api<RolloutAction>('rolloutAction'),
    limit: bodyLimit,
    optional: true,
  } as const;
  const viewer = { minimum: 'viewer', hypervisor: 'no' } as const;
  const operator = { minimum: 'operator', hypervisor: 'no' } as const;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/rollouts',
      operationId: 'listRollouts',
      tag: 'sync',
      summary: 'List regenerates in stages, newest first.',
      access: viewer,
      query: { limit: integerParameter('Most rollouts to return; 20 if absent.', 1, 100) },
      successes: [
        {
          status: 200,
          description: 'The rollouts.',
          content: { mediaType: 'application/json', schema: 'api.rolloutList' },
        },
      ],
      handle: async ({ query }) => {
        const found = await store.rollouts({ limit: query.limit ?? 20 });
        const list: Rollout[] = [];
        for (const rollout of found) list.push(await rolloutView(store, rollout));
        return jsonResponse({ rollouts: list } satisfies RolloutList);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/rollouts/{rollout}',
      operationId: 'showRollout',
      tag: 'sync',
      summary: 'Show how far a regenerate in stages is, and why it stands still if it does.',
      access: viewer,
      successes: one,
      handle: async ({ path }) => {
        const rollout = await store.rollout(rolloutId(path));
        if (rollout === undefined) throw noRollout();
        return jsonResponse(await rolloutView(store, rollout));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/rollouts/{rollout}/instances',
      operationId: 'listRolloutInstances',
      tag: 'sync',
      summary: 'List what has become of the instances of a rollout, page by page.',
      access: viewer,
      query: {
        state: choiceParameter('Only those in this state.', states),
        after: integerParameter('`next` of the page before.', 1, 2_147_483_647),
        limit: integerParameter('Most instances to return; 100 if absent.', 1, 1000),
      },
      successes: [
        {
          status: 200,
          description: 'One page, in the order in which they are changed.',
          content: { mediaType: 'application/json', schema: 'api.rolloutInstanceList' },
        },
      ],
      handle: async ({ path, query }) => {
        const rollout = rolloutId(path);
        if ((await store.rollout(rollout)) === undefined) throw noRollout();
        const page = await store.rolloutInstances({
          rollout,
          states: query.state === undefined ? undefined : [query.state],
          after: query.after,
          limit: query.limit ?? 100,
        });
        return jsonResponse({
          instances: [...page.instances],
          next: page.next,
        } satisfies RolloutInstanceList);
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/rollouts/{rollout}/resume',
      operationId: 'resumeRollout',
      tag: 'sync',
      summary: 'Let a rollout that has halted go on; what failed so far is accepted.',
      access: operator,
      body,
      successes: one,
      failures,
      handle: async ({ path, body: { reason }, principal: { actor } }) =>
        jsonResponse(await rollouts.resume(rolloutId(path), { actor, reason })),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/rollouts/{rollout}/cancel',
      operationId: 'cancelRollout',
      tag: 'sync',
      summary: 'End a rollout: what still waits is let go of, and the next sync brings it today’s state.',
      access: operator,
      body,
      successes: one,
      failures,
      handle: async ({ path, body: { reason }, principal: { actor } }) =>
        jsonResponse(await rollouts.cancel(rolloutId(path), { actor, reason })),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/rollouts/{rollout}/rollback',
      operationId: 'rollBackRollout',
      tag: 'sync',
      summary: 'Take back what a rollout has changed, all at once, and hold it and what still waits.',
      description:
        'Each instance gets a new generation with the own part, files and scripts from before the rollout and today’s accounts, groups and sudo rules, and keeps them so until a plain regenerate.',
      access: operator,
      requestHeaders: runRequestHeaders,
      body,
      successes: runSuccesses,
      failures,
      handle: async ({ request, path, body: { reason }, principal: { actor } }) =>
        await answerStarted(syncJob, request, await rollouts.rollback(rolloutId(path), { actor, reason })),
    }),
  ];
}

function rolloutId(path: Readonly<Record<string, string>>): string {
  const id = parseInstanceId(path['rollout'] ?? '');
  if (id === undefined) throw noRollout();
  return id;
}

function noRollout(): AppError {
  return new AppError('not-found', 'there is no such rollout; GET /v1/rollouts lists them');
}
