import type {
  InstanceRegenerateRequest,
  PolicyTrialRequest,
  RegenerateRequest,
  SyncRequest,
} from '../../../schemas/types/api.ts';
import { isStaged } from '../../rollouts/create-rollouts.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { bodyLimit, defineRoute, type Route } from '../route.ts';
import { answerRun, runRequestHeaders, runSuccesses } from '../run-answer.ts';
import { answerRollout, regenerateSuccesses } from './rollout-routes.ts';

/** Bytes of all files of a policy together. */
const policyLimit = 16 * 1024 * 1024;
const busy = { 409: 'Another run is under way, or a name is ambiguous.' };

/** Starting runs of the sync job. */
export function syncRoutes(ports: AppPorts, access: InstanceAccess): readonly Route[] {
  const { syncJob, validators } = ports;
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/sync',
      operationId: 'sync',
      tag: 'sync',
      summary: 'Read CMDB and directory and commit what changed.',
      access: { minimum: 'operator', hypervisor: 'no' },
      requestHeaders: runRequestHeaders,
      body: {
        schema: 'api.syncRequest',
        validator: validators.api<SyncRequest>('syncRequest'),
        limit: bodyLimit,
        optional: true,
      },
      successes: runSuccesses,
      failures: busy,
      handle: async ({ request, body, principal }) =>
        await answerRun(syncJob, request, { kind: 'sync', request: body }, principal.actor),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/regenerate',
      operationId: 'regenerate',
      tag: 'sync',
      summary:
        'Read CMDB and directory again for some instances and make new generations where content changed.',
      access: { minimum: 'operator', hypervisor: 'no' },
      requestHeaders: runRequestHeaders,
      body: {
        schema: 'api.regenerateRequest',
        validator: validators.api<RegenerateRequest>('regenerateRequest'),
        limit: bodyLimit,
        optional: false,
      },
      successes: regenerateSuccesses,
      failures: { ...busy, 404: 'An instance is not known, or was removed, or has no such generation.' },
      handle: async ({ request, body, principal }) =>
        isStaged(body) && body.dryRun !== true
          ? await answerRollout(ports, body, principal.actor)
          : await answerRun(syncJob, request, { kind: 'regenerate', request: body }, principal.actor),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/regenerate',
      operationId: 'regenerateInstance',
      tag: 'instances',
      summary: 'The same for one instance.',
      access: { minimum: 'operator', hypervisor: 'no' },
      requestHeaders: runRequestHeaders,
      body: {
        schema: 'api.instanceRegenerateRequest',
        validator: validators.api<InstanceRegenerateRequest>('instanceRegenerateRequest'),
        limit: bodyLimit,
        optional: true,
      },
      successes: runSuccesses,
      failures: busy,
      handle: async (exchange) => {
        const { request, body, principal } = exchange;
        const { id } = await access.find(exchange);
        return await answerRun(
          syncJob,
          request,
          { kind: 'regenerate-instance', id, request: body },
          principal.actor,
        );
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policy/trial',
      operationId: 'tryPolicy',
      tag: 'sync',
      summary: 'Try policy files: who would gain and who would lose what, over all instances.',
      description: [
        'The files take the place of the configured ones; CMDB records are those of the last sync, the directory is',
        'read. Nothing is changed. A policy that is not valid is a failed run, `problems` names file and line.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'no' },
      requestHeaders: runRequestHeaders,
      body: {
        schema: 'api.policyTrialRequest',
        validator: validators.api<PolicyTrialRequest>('policyTrialRequest'),
        limit: policyLimit,
        optional: false,
      },
      successes: runSuccesses,
      failures: busy,
      handle: async ({ request, body, principal }) =>
        await answerRun(syncJob, request, { kind: 'policy-trial', request: body }, principal.actor),
    }),
  ];
}
