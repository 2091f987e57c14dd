import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import { configdrive } from '../../drive/configdrive.ts';
import type { BuiltDrive } from '../../drive/drive-builder.ts';
import type { BaseDrive } from '../../store/ports/base-drives.ts';
import type { StoredGeneration, StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { isEntityTagListed } from '../entity-tag.ts';

/** The drive that is asked for. */
export interface WantedDrive {
  readonly instance: StoredInstance;
  readonly generation: StoredGeneration;
  /** Nova's files that it is built on; undefined: none. */
  readonly base: BaseDrive | undefined;
  /** `configdrive`: base64 of gzip, as Ironic takes it; the image if absent. */
  readonly format?: 'iso' | 'configdrive' | undefined;
}

/** Headers that every answer with a drive has. */
export const driveHeaders = {
  ETag: 'SHA-256 of the image, in quotes.',
  'Ubugi-Instance': 'UUID of the instance.',
  'Ubugi-Generation': 'Number of the generation.',
} as const;

/** Answers with a drive: 200, or 304 to one who has it. Fails with `drive-build-failed` or `storage-failed`. */
export async function driveResponse(
  ports: Pick<AppPorts, 'driveBuilder' | 'metrics'>,
  request: Request,
  wanted: WantedDrive,
): Promise<Response> {
  const { drive, file } = await buildAndOpen(ports, wanted);
  const encoded = wanted.format === 'configdrive';
  const etag = encoded ? `"${drive.sha256}-configdrive"` : `"${drive.sha256}"`;
  const answered = {
    ETag: etag,
    'Ubugi-Instance': wanted.instance.id,
    'Ubugi-Generation': String(wanted.generation.number),
    'Cache-Control': 'private, no-cache',
  };
  if (isEntityTagListed(request.headers.get('if-none-match'), etag)) {
    await file.close();
    ports.metrics.countDrive('not-modified');
    return new Response(null, { status: 304, headers: answered });
  }
  if (encoded) {
    const headers = { ...answered, 'Content-Type': 'text/plain' };
    try {
      ports.metrics.countDrive('sent');
      return new Response(new Uint8Array(configdrive(await file.readFile())), { headers });
    } finally {
      await file.close();
    }
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

/** An open file stays readable when the cache evicts it; between build and opening it can go, so once more then. */
async function buildAndOpen(
  { driveBuilder }: Pick<AppPorts, 'driveBuilder'>,
  { instance, generation, base }: WantedDrive,
): Promise<{ readonly drive: BuiltDrive; readonly file: FileHandle }> {
  const { randomSeed, record } = instance;
  const { availabilityZone, userData } = record;
  for (let attempt = 1; ; attempt += 1) {
    const drive = await driveBuilder.build(generation, { randomSeed, availabilityZone, userData, base });
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
