import { driveMediaType } from '../../../schemas/drive-format/drive-layout.ts';
import { baseDriveLimits } from '../../drive/base/base-drive-limits.ts';
import type { AppPorts } from '../app-ports.ts';
import { createBaseDriveReceiver } from '../drives/base-drive-receiver.ts';
import { driveHeaders, driveResponse, refuseRemoved } from '../drives/drive-response.ts';
import type { HypervisorPresence } from '../hypervisor-presence.ts';
import { purposeHeaders } from '../hypervisors/hypervisor-gate.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { servedDrive } from '../instances/served-drive.ts';
import { choiceParameter } from '../query-parameter.ts';
import { defineRoute, type Route } from '../route.ts';

/** Merging drives that Nova made with ours. */
export function baseDriveRoutes(
  ports: AppPorts,
  access: InstanceAccess,
  presence: HypervisorPresence,
): readonly Route[] {
  const receiver = createBaseDriveReceiver(ports);
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/drive',
      operationId: 'mergeDrive',
      tag: 'instances',
      summary: 'Send the config drive that Nova made, get ours merged with it.',
      description: [
        'The answer is the signed drive of the newest generation with every file of Nova’s byte for byte, and ours where Nova has none.',
        'The body is Nova’s image as it is, or its files in JSON.',
        'Nova’s files are recorded when they are new (`base-drive-recorded`): the first for ever, and the newest, which is',
        'what GET builds on from then on. A drive that this server has signed itself is not Nova’s: it is not recorded, and',
        'the answer is what GET would give. Files in `ubugi/` and names that an image cannot have are refused by name.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      requestHeaders: purposeHeaders,
      query: {
        base: choiceParameter(
          'What Nova made it for: a boot (`newest`, the default), or a rescue, which is kept apart.',
          ['newest', 'rescue'],
        ),
      },
      accepts: {
        contents: { [driveMediaType]: undefined, 'application/json': 'api.baseDriveFiles' },
        limit: baseDriveLimits.jsonBytes,
      },
      successes: [
        {
          status: 200,
          description: 'The image.',
          content: { mediaType: driveMediaType },
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
        const instance = await access.findBooting(exchange);
        if (principal.hypervisor !== null) presence.see(principal.hypervisor);
        refuseRemoved(instance);
        const received = await receiver.read(request, instance);
        const kind = query.base ?? 'newest';
        if (received.kind === 'own') {
          const served = await servedDrive(ports, instance, { base: kind });
          return await driveResponse(ports, request, instance, served);
        }
        const { base } = received;
        const number = kind === 'rescue' ? (instance.newest ?? undefined) : undefined;
        const served = await servedDrive(ports, instance, { number, base });
        const response = await driveResponse(ports, request, instance, served);
        // After the drive was built: what cannot be built must not be what every later drive is built on.
        await receiver.record(instance, kind === 'rescue' ? 'rescue' : 'boot', base, principal);
        return response;
      },
    }),
  ];
}
