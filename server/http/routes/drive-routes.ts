import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import type { BuiltDrive } from '../../drive/drive-builder.ts';
import type { StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { isEntityTagListed } from '../entity-tag.ts';
import type { HypervisorPresence } from '../hypervisor-presence.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { type ServedDrive, servedDrive } from '../instances/served-drive.ts';
import { integerParameter } from '../query-parameter.ts';
import { defineRoute, type Route } from '../route.ts';

/** Fetching drives. */
export function driveRoutes(
  ports: AppPorts,
  access: InstanceAccess,
  presence: HypervisorPresence,
): readonly Route[] {
  const { metrics } = ports;
  const headers = {
    ETag: 'SHA-256 of the image, in quotes.',
    'Ubugi-Instance': 'UUID of the instance.',
    'Ubugi-Generation': 'Number of the generation.',
    'Ubugi-Supersedes': 'Of a replay: the newest generation, which the drive may follow.',
  };
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/drive',
      operationId: 'fetchDrive',
      tag: 'instances',
      summary: 'Fetch the signed drive of a generation.',
      description: [
        'Send the ETag of the drive that is there as If-None-Match and nothing is sent again.',
        'A hypervisor gets the newest generation of the instances that the CMDB places on it;',
        'while a replay is under way (`replay-boot`) that is the drive of the replay.',
        'An instance that no sync has seen yet is looked up in the CMDB while the asker waits (`sync.lookupSeconds`).',
        'An instance that the CMDB does not list any more has no current drive (404);',
        'an operator can still fetch one of its generations by number.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      query: {
        generation: integerParameter(
          'Number of a generation; what hosts get now if absent.',
          1,
          2_147_483_647,
        ),
      },
      successes: [
        {
          status: 200,
          description: 'The image.',
          content: { mediaType: 'application/x-iso9660-image' },
          headers,
        },
        { status: 304, description: 'The asker has this image already.', headers },
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
        const served = await servedDrive(ports, instance, query.generation);
        const { generation, variant } = served;
        // Without a number it is the newest, which may be newer than `instance` by now.
        const isOlder = query.generation !== undefined && generation.number !== instance.newest;
        if (principal.role === 'hypervisor' && isOlder) {
          throw new AppError(
            'forbidden',
            `a hypervisor gets the newest generation only, and ${generation.number} is an older one; ask without a number`,
          );
        }
        const { drive, file } = await buildAndOpen(ports, instance, served);
        const etag = `"${drive.sha256}"`;
        const answered = {
          ETag: etag,
          'Ubugi-Instance': instance.id,
          'Ubugi-Generation': String(generation.number),
          ...(variant.supersedes === undefined ? {} : { 'Ubugi-Supersedes': String(variant.supersedes) }),
          'Cache-Control': 'private, no-cache',
        };
        if (isEntityTagListed(request.headers.get('if-none-match'), etag)) {
          await file.close();
          metrics.countDrive('not-modified');
          return new Response(null, { status: 304, headers: answered });
        }
        const described = {
          ...answered,
          'Content-Type': 'application/x-iso9660-image',
          'Content-Length': String(drive.size),
        };
        if (request.method === 'HEAD') {
          await file.close();
          return new Response(null, { headers: described });
        }
        metrics.countDrive('sent');
        return new Response(bodyOf(file), { headers: described });
      },
    }),
  ];
}

function refuseRemoved(instance: StoredInstance): void {
  if (instance.removedAt === null) return;
  throw new AppError(
    'not-found',
    `instance ${instance.record.name} (${instance.id}) was removed from the CMDB at ${instance.removedAt} and has no current drive; put its record back and sync, or as an operator ask for a generation by number`,
  );
}

/** An open file stays readable when the cache evicts it; between build and opening it can go, so once more then. */
async function buildAndOpen(
  { driveBuilder }: AppPorts,
  instance: StoredInstance,
  { generation, identity, variant }: ServedDrive,
): Promise<{ readonly drive: BuiltDrive; readonly file: FileHandle }> {
  for (let attempt = 1; ; attempt += 1) {
    const drive = await driveBuilder.build(generation, identity, variant);
    try {
      return { drive, file: await open(drive.path, 'r') };
    } catch (cause) {
      if (attempt === 2) {
        throw new AppError(
          'storage-failed',
          `the drive of ${instance.record.name} could not be opened in the cache; check the cache folder`,
          { cause },
        );
      }
    }
  }
}

/** Closes the file at the end, and when the asker goes away. */
function bodyOf(file: FileHandle): ReadableStream {
  return Readable.toWeb(file.createReadStream({ highWaterMark: 256 * 1024 }));
}
