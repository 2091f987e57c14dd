import { setImmediate } from 'node:timers/promises';
import type {
  InstanceReplayRequest,
  ReplayOutcome,
  ReplayReport,
  ReplayRequest,
} from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { createReplayBoots } from '../../replay/replay-boots.ts';
import { selectInstances } from '../../sync/select-instances.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { bodyLimit, defineRoute, jsonResponse, type Route } from '../route.ts';

const operators = { minimum: 'operator', hypervisor: 'no' } as const;
const outcome = { mediaType: 'application/json', schema: 'api.replayOutcome' } as const;

/** Machines that lost their data boot as they first did. */
export function replayRoutes(ports: AppPorts, access: InstanceAccess): readonly Route[] {
  const { store, validators } = ports;
  const replayBoots = createReplayBoots(ports);
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/replay-boot',
      operationId: 'replayBoot',
      tag: 'instances',
      summary: 'Give a machine that lost its data the generation that it first booted with.',
      description: [
        'Until its guest reports that generation applied, hosts get its drive, signed so that a guest takes it after newer',
        'ones: identity, addresses, random seed, user-data, files and scripts as they were, accounts, keys, groups and sudo',
        'rules as they are today. Then they get the newest generation. A replay that is under way is replaced.',
      ].join(' '),
      access: operators,
      body: {
        schema: 'api.instanceReplayRequest',
        validator: validators.api<InstanceReplayRequest>('instanceReplayRequest'),
        limit: bodyLimit,
        optional: true,
      },
      successes: [{ status: 200, description: 'It has started, or would with `dryRun`.', content: outcome }],
      failures: { 409: 'The name is ambiguous, or the instance has no drive or not that generation.' },
      handle: async (exchange) => {
        const { id } = await access.find(exchange);
        const done = await replayBoots.start(id, exchange.body, exchange.principal.actor);
        if (done.outcome === 'refused') {
          throw new AppError('conflict', `instance ${done.name} (${id}) cannot be replayed: ${done.problem}`);
        }
        return jsonResponse(done);
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/instances/{id}/replay-boot',
      operationId: 'cancelReplayBoot',
      tag: 'instances',
      summary: 'Take a replay back: hosts get the newest generation.',
      access: operators,
      successes: [{ status: 200, description: 'It is taken back.', content: outcome }],
      failures: { 409: 'The name is ambiguous, or no replay of it is under way.' },
      handle: async (exchange) => {
        const { id } = await access.find(exchange);
        return jsonResponse(await replayBoots.cancel(id, exchange.principal.actor));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/replay-boot',
      operationId: 'replayBoots',
      tag: 'instances',
      summary: 'The same for a selection, such as all instances of a lost host.',
      description: 'Each instance by itself: one that cannot be replayed keeps no other from it.',
      access: operators,
      body: {
        schema: 'api.replayRequest',
        validator: validators.api<ReplayRequest>('replayRequest'),
        limit: bodyLimit,
        optional: false,
      },
      successes: [
        {
          status: 200,
          description: 'What became of each.',
          content: { mediaType: 'application/json', schema: 'api.replayReport' },
        },
      ],
      failures: { 404: 'There is no instance of this name.', 409: 'A name is ambiguous.' },
      handle: async ({ body, principal }) => {
        const outcomes: ReplayOutcome[] = [];
        for (const { id } of await selectInstances(store, body)) {
          outcomes.push(await replayBoots.start(id, body, principal.actor));
          // Drives are served in between.
          await setImmediate();
        }
        const report: ReplayReport = { outcomes };
        return jsonResponse(report);
      },
    }),
  ];
}
