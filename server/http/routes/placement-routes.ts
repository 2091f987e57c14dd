import type { PlacementGrant, PlacementRequest } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const minuteMs = 60_000;
const requestLimit = 16 * 1024;

/** Moving instances from host to host. */
export function placementRoutes(
  { store, clock, validators }: AppPorts,
  access: InstanceAccess,
): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/placements',
      operationId: 'grantPlacement',
      tag: 'hypervisors',
      summary: 'Let another host fetch the drive of an instance that is about to move there.',
      description: [
        'A hypervisor can do so for the instances that it has. The instance moves when that host reports its drive as',
        'attached, or asks for it with `Ubugi-Purpose: running`; the host that had it gets nothing from then on.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      body: {
        schema: 'api.placementRequest',
        validator: validators.api<PlacementRequest>('placementRequest'),
        limit: requestLimit,
        optional: false,
      },
      successes: [
        {
          status: 201,
          description: 'The grant.',
          content: { mediaType: 'application/json', schema: 'api.placementGrant' },
        },
      ],
      failures: { 409: 'The instance is on that host already, or was removed.' },
      handle: async (exchange) => {
        const { body, principal } = exchange;
        const { id } = await access.find(exchange);
        const { host, minutes, reason = '' } = body;
        const grantedAt = clock.now();
        const at = grantedAt.toISOString();
        const expiresAt = new Date(grantedAt.getTime() + minutes * minuteMs).toISOString();
        const from = await store.transaction(async (transaction) => {
          const instance = await transaction.instance(id);
          if (instance === undefined || instance.removedAt !== null) {
            throw new AppError('conflict', `instance ${id} was removed from the CMDB; nothing can move it`);
          }
          if (instance.placedOn === host) {
            throw new AppError(
              'conflict',
              `instance ${instance.record.name} is on hypervisor ${host} already; it needs no grant`,
            );
          }
          // A target that was granted a fetch cannot pass it on.
          if (principal.role === 'hypervisor' && instance.placedOn !== principal.hypervisor) {
            throw new AppError(
              'forbidden',
              `instance ${instance.record.name} is not placed on hypervisor ${principal.hypervisor ?? ''}; only the host that has it, or an operator, can grant its move`,
            );
          }
          await transaction.saveGrant({
            instance: id,
            host,
            grantedAt: at,
            expiresAt,
            actor: principal.actor,
            reason,
          });
          await transaction.appendEvent({
            at,
            actor: principal.actor,
            action: 'placement-granted',
            instance: id,
            reason,
            details: { hypervisor: host, from: instance.placedOn, expiresAt },
          });
          return instance;
        });
        const grant: PlacementGrant = {
          instance: id,
          name: from.record.name,
          host,
          from: from.placedOn,
          expiresAt,
        };
        return jsonResponse(grant, { status: 201 });
      },
    }),
  ];
}
