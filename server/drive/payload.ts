import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drivePaths } from '../../schemas/drive-format/drive-layout.ts';
import { AppError } from '../domain/errors.ts';
import type { DriveFile } from './drive-file.ts';

/** A file of the payload with its hash, which does not change from drive to drive. */
export interface PayloadFile extends DriveFile {
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** What runs in the guest: launcher entry point and agents. */
export interface Payload {
  readonly files: readonly PayloadFile[];
  /** SHA-256 of what `sha256sum` prints for the files, by their paths on the drive in byte order. */
  readonly sha256: string;
}

/**
 * Reads the payload folder that `guest-agent/build.ts` makes: `launch`, `agent/ARCH/ubugi-agent`.
 * Fails with `configuration-invalid` if something of it is missing.
 */
export async function readPayload(folder: string): Promise<Payload> {
  try {
    const architectures = (await readdir(join(folder, 'agent'))).sort();
    if (architectures.length === 0) throw new Error('there is no agent of any architecture');
    const sources: readonly (readonly [string, string])[] = [
      ...architectures.map(
        (name) =>
          [join(folder, 'agent', name, 'ubugi-agent'), `${drivePaths.agents}/${name}/ubugi-agent`] as const,
      ),
      [join(folder, 'launch'), drivePaths.launch],
    ];
    return payloadOf(
      await Promise.all(
        sources.map(async ([source, path]) => ({ path, content: await readFile(source), executable: true })),
      ),
    );
  } catch (error) {
    throw new AppError(
      'configuration-invalid',
      `The payload folder ${folder} is not complete: build it with \`node guest-agent/build.ts\` and set drive.payloadFolder.`,
      { cause: error },
    );
  }
}

/** A payload of these files, in order of path. */
export function payloadOf(files: readonly DriveFile[]): Payload {
  const hashed = files.map((file) => ({
    ...file,
    sha256: createHash('sha256').update(file.content).digest('hex'),
  }));
  const sums = hashed.map((file) => `${file.sha256}  ${file.path}\n`).join('');
  return { files: hashed, sha256: createHash('sha256').update(sums).digest('hex') };
}
