import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import type { BuiltDrive } from '../../drive/drive-builder.ts';
import type { StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { isEntityTagListed } from '../entity-tag.ts';
import type { ServedDrive } from '../instances/served-drive.ts';

/** Headers that every answer with a drive has. */
export const driveHeaders = {
  ETag: 'SHA-256 of the image, in quotes.',
  'Ubugi-Instance': 'UUID of the instance.',
  'Ubugi-Generation': 'Number of the generation.',
  'Ubugi-Supersedes': 'Of a replay: the newest generation, which the drive may follow.',
} as const;

/** Answers with a drive: 200, or 304 to one who has it. Fails with `drive-build-failed` or `storage-failed`. */
export async function driveResponse(
  ports: Pick<AppPorts, 'driveBuilder' | 'metrics'>,
  request: Request,
  instance: StoredInstance,
  served: ServedDrive,
): Promise<Response> {
  const { generation, variant } = served;
  refusePurged(instance);
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
    ports.metrics.countDrive('not-modified');
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
  ports.metrics.countDrive('sent');
  return new Response(bodyOf(file), { headers: described });
}

/** Fails with `not-found` for an instance that the CMDB does not list any more. */
export function refuseRemoved(instance: StoredInstance): void {
  if (instance.removedAt === null) return;
  throw new AppError(
    'not-found',
    `instance ${instance.record.name} (${instance.id}) was removed from the CMDB at ${instance.removedAt} and has no current drive; put its record back and sync, or as an operator ask for a generation by number`,
  );
}

function refusePurged({ record, id, purgedAt }: StoredInstance): void {
  if (purgedAt === null) return;
  throw new AppError(
    'not-found',
    `instance ${record.name} (${id}) was removed, and its random seed and user-data were deleted at ${purgedAt}: none of its drives can be built again; its history is still there`,
  );
}

/** An open file stays readable when the cache evicts it; between build and opening it can go, so once more then. */
async function buildAndOpen(
  { driveBuilder }: Pick<AppPorts, 'driveBuilder'>,
  { record }: StoredInstance,
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
          `the drive of ${record.name} could not be opened in the cache; check the cache folder`,
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
