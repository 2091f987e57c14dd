import type { SyncRun, SyncRunList } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import type { AppPorts } from '../app-ports.ts';
import { booleanParameter, integerParameter } from '../query-parameter.ts';
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
  ];
}

function withOutcomes(run: SyncRun, wanted: boolean | undefined): SyncRun {
  return wanted === false ? { ...run, outcomes: [] } : run;
}
