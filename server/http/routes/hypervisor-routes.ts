import type { HypervisorList } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import type { AppPorts } from '../app-ports.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

/** Hypervisors that the CMDB names or that were heard of. */
export function hypervisorRoutes({ store }: AppPorts): readonly Route[] {
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
        const body: HypervisorList = { hypervisors: [...(await store.hypervisors())] };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/hypervisors/{host}',
      operationId: 'showHypervisor',
      tag: 'hypervisors',
      summary: 'Show one hypervisor.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'The hypervisor.',
          content: { mediaType: 'application/json', schema: 'api.hypervisor' },
        },
      ],
      handle: async ({ path }) => {
        const hypervisors = await store.hypervisors();
        const found = hypervisors.find(({ host }) => host === path['host']);
        if (found === undefined) {
          throw new AppError(
            'not-found',
            `no hypervisor ${printable(path['host'] ?? '')}: the CMDB places nothing on it and it was never heard of`,
          );
        }
        return jsonResponse(found);
      },
    }),
  ];
}
