import { AppError } from '../../domain/errors.ts';
import type { AppPorts } from '../app-ports.ts';
import { driveHeaders, driveResponse, refuseRemoved } from '../drives/drive-response.ts';
import type { HypervisorPresence } from '../hypervisor-presence.ts';
import { purposeHeaders } from '../hypervisors/hypervisor-gate.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { servedDrive } from '../instances/served-drive.ts';
import { choiceParameter, integerParameter } from '../query-parameter.ts';
import { defineRoute, type Route } from '../route.ts';

/** Fetching drives. */
export function driveRoutes(
  ports: AppPorts,
  access: InstanceAccess,
  presence: HypervisorPresence,
): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/drive',
      operationId: 'fetchDrive',
      tag: 'instances',
      summary: 'Fetch the signed drive of a generation.',
      description: [
        'Send the ETag of the drive that is there as If-None-Match and nothing is sent again.',
        'A hypervisor gets the newest generation of the instances that are placed on it, by the CMDB or by a claim that',
        'is newer, and of those that it has a migration grant for;',
        'while a replay is under way (`replay-boot`) that is the drive of the replay.',
        'Where Nova’s config drive was merged before, its newest files are on this drive too, and its first on a replay.',
        'An instance that no sync has seen yet is looked up in the CMDB while the asker waits (`sync.lookupSeconds`).',
        'An instance that the CMDB does not list any more has no current drive (404);',
        'an operator can still fetch one of its generations by number.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      requestHeaders: purposeHeaders,
      query: {
        generation: integerParameter(
          'Number of a generation; what hosts get now if absent.',
          1,
          2_147_483_647,
        ),
        base: baseParameter,
      },
      successes: [
        {
          status: 200,
          description: 'The image.',
          content: { mediaType: 'application/x-iso9660-image' },
          headers: driveHeaders,
        },
        { status: 304, description: 'The asker has this image already.', headers: driveHeaders },
      ],
      failures: {
        500: 'The drive could not be built.',
        503: 'The database does not answer, or the instance is new and CMDB or directory do not answer in time.',
      },
      handle: async (exchange) => {
        const { principal, query, request } = exchange;
        const instance = await (query.generation === undefined
          ? access.findBooting(exchange)
          : access.find(exchange));
        if (principal.hypervisor !== null) presence.see(principal.hypervisor);
        if (principal.role === 'hypervisor' || query.generation === undefined) refuseRemoved(instance);
        const served = await servedDrive(ports, instance, { number: query.generation, base: query.base });
        const { generation } = served;
        // Without a number it is the newest, which may be newer than `instance` by now.
        const isOlder = query.generation !== undefined && generation.number !== instance.newest;
        if (principal.role === 'hypervisor' && isOlder) {
          throw new AppError(
            'forbidden',
            `a hypervisor gets the newest generation only, and ${generation.number} is an older one; ask without a number`,
          );
        }
        return await driveResponse(ports, request, instance, served);
      },
    }),
  ];
}

const baseParameter = choiceParameter(
  'Which drive of Nova’s it is merged with: the newest of a boot (default), or of a rescue (`disk.config.rescue`).',
  ['newest', 'rescue'],
);
