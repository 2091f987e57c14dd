import type { HypervisorDetail, HypervisorList } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import type { AppPorts } from '../app-ports.ts';
import { hypervisorView, placedInstanceView } from '../hypervisors/hypervisor-view.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

/** Hypervisors that have instances or that were heard of. */
export function hypervisorRoutes(ports: AppPorts): readonly Route[] {
  const { store } = ports;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/hypervisors',
      operationId: 'listHypervisors',
      tag: 'hypervisors',
      summary: 'List hypervisors with their instances and when they were last heard of.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'All hypervisors.',
          content: { mediaType: 'application/json', schema: 'api.hypervisorList' },
        },
      ],
      handle: async () => {
        const body: HypervisorList = {
          hypervisors: (await store.hypervisors()).map((one) => hypervisorView(one, ports)),
        };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/hypervisors/{host}',
      operationId: 'showHypervisor',
      tag: 'hypervisors',
      summary: 'Show one hypervisor, its last heartbeat and the instances that are on it now.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'The hypervisor.',
          content: { mediaType: 'application/json', schema: 'api.hypervisorDetail' },
        },
      ],
      handle: async ({ path }) => {
        const host = path['host'] ?? '';
        const found = await store.hypervisor(host);
        if (found === undefined) {
          throw new AppError(
            'not-found',
            `no hypervisor ${printable(host)}: no instance is on it and it was never heard of`,
          );
        }
        const body: HypervisorDetail = {
          hypervisor: hypervisorView(found, ports),
          heartbeat: found.heartbeat,
          instances: (await store.placedInstances(host)).map((one) => placedInstanceView(one, host)),
        };
        return jsonResponse(body);
      },
    }),
  ];
}
