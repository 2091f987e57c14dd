import type { Heartbeat } from '../../../schemas/types/api.ts';
import type { AppPorts } from '../app-ports.ts';
import type { HypervisorPresence } from '../hypervisor-presence.ts';
import type { HostAccess } from '../hypervisors/host-access.ts';
import { defineRoute, type Route } from '../route.ts';

const heartbeatLimit = 16 * 1024;

/** What hypervisors say of themselves. */
export function heartbeatRoutes(
  { validators }: AppPorts,
  access: HostAccess,
  presence: HypervisorPresence,
): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/hypervisors/{host}/heartbeat',
      operationId: 'heartbeat',
      tag: 'hypervisors',
      summary: 'Say that the daemon of a hypervisor is there, and how it does.',
      description: 'Stored a moment after the answer; the newest replaces the one before.',
      access: { minimum: 'operator', hypervisor: 'own' },
      routine: true,
      body: {
        schema: 'api.heartbeat',
        validator: validators.api<Heartbeat>('heartbeat'),
        limit: heartbeatLimit,
        optional: false,
      },
      successes: [{ status: 204, description: 'It was heard.' }],
      handle: async (exchange) => {
        presence.beat(await access.find(exchange), exchange.body);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
