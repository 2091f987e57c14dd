import type { SyncRun, SyncRunList } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import type { AppPorts } from '../app-ports.ts';
import { booleanParameter, choiceParameter, integerParameter, textParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

/** Looking at runs of the sync job. */
export function runRoutes({ store, syncJob }: AppPorts): readonly Route[] {
  const outcomes = booleanParameter(
    'Whether to tell what became of each instance, for which who watches a run has no use; true if absent.',
  );
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/sync/runs',
      operationId: 'listSyncRuns',
      tag: 'sync',
      summary: 'List runs, newest first. Dry runs and policy trials are not kept.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: { limit: integerParameter('Most runs to return; 20 if absent.', 1, 100), outcomes },
      successes: [
        {
          status: 200,
          description: 'The runs; `outcomes` of each is empty where they are not wanted.',
          content: { mediaType: 'application/json', schema: 'api.syncRunList' },
        },
      ],
      handle: async ({ query }) => {
        const runs = await store.syncRuns(query.limit ?? 20);
        const body: SyncRunList = { runs: runs.map((run) => withOutcomes(run, query.outcomes)) };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sync/runs/{run}',
      operationId: 'showSyncRun',
      tag: 'sync',
      summary: 'Show one run as it stands: one that is under way, with its progress, or one that has ended.',
      description:
        'Dry runs and policy trials are there while they run, and for some time after, on the server that ran them.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: { outcomes },
      successes: [
        {
          status: 200,
          description: 'The run; `outcomes` is empty where they are not wanted.',
          content: { mediaType: 'application/json', schema: 'api.syncRun' },
        },
      ],
      handle: async ({ path, query }) => {
        const id = parseInstanceId(path['run'] ?? '');
        const run = id === undefined ? undefined : (syncJob.live(id) ?? (await store.syncRun(id)));
        if (run === undefined)
          throw new AppError('not-found', 'there is no such run; GET /v1/sync/runs lists them');
        return jsonResponse(withOutcomes(run, query.outcomes));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sync/runs/{run}/progress',
      operationId: 'showRunProgress',
      tag: 'sync',
      summary: 'Show how far the instances of a regenerate have come: attached, applied or failed.',
      description:
        'Of the newest generation that each had when the run ended; a later one counts as well. Known for seven days.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: {
        state: choiceParameter('Only list those in this state.', targetStates),
        after: textParameter(
          'UUID that the page starts after: `next` of the page before.',
          { type: 'string', format: 'uuid' },
          parseInstanceId,
          'give the UUID that the page before named as next',
        ),
        limit: integerParameter('Most instances to list; 0, counts only, if absent.', 0, 1000),
      },
      successes: [
        {
          status: 200,
          description: 'Counts, and a page of the instances.',
          content: { mediaType: 'application/json', schema: 'api.runProgress' },
        },
      ],
      handle: async ({ path, query }) => {
        const id = parseInstanceId(path['run'] ?? '');
        const progress =
          id === undefined
            ? undefined
            : await store.runProgress(id, {
                states: query.state === undefined ? undefined : [query.state],
                after: query.after,
                limit: query.limit ?? 0,
              });
        if (progress === undefined) {
          throw new AppError(
            'not-found',
            'no instances of such a run are followed: only those of a regenerate that has ended are, for seven days',
          );
        }
        return jsonResponse(progress);
      },
    }),
  ];
}

const targetStates = ['waiting', 'attached', 'applied', 'failed', 'removed'] as const;

function withOutcomes(run: SyncRun, wanted: boolean | undefined): SyncRun {
  return wanted === false ? { ...run, outcomes: [] } : run;
}
