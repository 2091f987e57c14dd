import type {
  InstanceRegenerateRequest,
  RegenerateRequest,
  SyncRequest,
  SyncRunList,
} from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instance-access.ts';
import { integerParameter } from '../query-parameter.ts';
import { bodyLimit, defineRoute, jsonResponse, type Route, type Success } from '../route.ts';

const finishedRun: Success = {
  status: 200,
  description: 'The finished run; `state` says how it ended and `error` why it failed.',
  content: { mediaType: 'application/json', schema: 'api.syncRun' },
};
const busy = { 409: 'Another run is under way, or a name is ambiguous.' };

/** Starting runs of the sync job and looking at them. A run is answered when it has ended. */
export function syncRoutes(ports: AppPorts, access: InstanceAccess): readonly Route[] {
  const { store, syncJob, validators } = ports;
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/sync',
      operationId: 'sync',
      tag: 'sync',
      summary: 'Read CMDB and directory whole and commit what changed.',
      access: { minimum: 'operator', hypervisor: 'no' },
      body: {
        schema: 'api.syncRequest',
        validator: validators.api<SyncRequest>('syncRequest'),
        limit: bodyLimit,
        optional: true,
      },
      successes: [finishedRun],
      failures: busy,
      handle: async ({ body, principal }) =>
        jsonResponse(await syncJob.run({ kind: 'sync', request: body }, principal.actor)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/regenerate',
      operationId: 'regenerate',
      tag: 'sync',
      summary:
        'Read CMDB and directory again for some instances and make new generations where content changed.',
      access: { minimum: 'operator', hypervisor: 'no' },
      body: {
        schema: 'api.regenerateRequest',
        validator: validators.api<RegenerateRequest>('regenerateRequest'),
        limit: bodyLimit,
        optional: false,
      },
      successes: [finishedRun],
      failures: { ...busy, 404: 'An instance is not known, or was removed.' },
      handle: async ({ body, principal }) =>
        jsonResponse(await syncJob.run({ kind: 'regenerate', request: body }, principal.actor)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/regenerate',
      operationId: 'regenerateInstance',
      tag: 'instances',
      summary: 'The same for one instance.',
      access: { minimum: 'operator', hypervisor: 'no' },
      body: {
        schema: 'api.instanceRegenerateRequest',
        validator: validators.api<InstanceRegenerateRequest>('instanceRegenerateRequest'),
        limit: bodyLimit,
        optional: true,
      },
      successes: [finishedRun],
      failures: busy,
      handle: async (exchange) => {
        const { id } = await access.find(exchange);
        return jsonResponse(
          await syncJob.run(
            { kind: 'regenerate-instance', id, request: exchange.body },
            exchange.principal.actor,
          ),
        );
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sync/runs',
      operationId: 'listSyncRuns',
      tag: 'sync',
      summary: 'List runs, newest first.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: { limit: integerParameter('Most runs to return; 20 if absent.', 1, 100) },
      successes: [
        {
          status: 200,
          description: 'The runs.',
          content: { mediaType: 'application/json', schema: 'api.syncRunList' },
        },
      ],
      handle: async ({ query }) => {
        const body: SyncRunList = { runs: [...(await store.syncRuns(query.limit ?? 20))] };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sync/runs/{run}',
      operationId: 'showSyncRun',
      tag: 'sync',
      summary: 'Show one run.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'The run.',
          content: { mediaType: 'application/json', schema: 'api.syncRun' },
        },
      ],
      handle: async ({ path }) => {
        const id = parseInstanceId(path['run'] ?? '');
        const run = id === undefined ? undefined : await store.syncRun(id);
        if (run === undefined)
          throw new AppError('not-found', 'there is no such run; GET /v1/sync/runs lists them');
        return jsonResponse(run);
      },
    }),
  ];
}
