import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { syncFolder } from '../drive/durable-file.ts';
import type { TransportResponse } from './connection/transport.ts';

/** A drive that was fetched and is whole. */
export interface DownloadedDrive {
  readonly instance: string;
  readonly generation: number;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the image, as the server's ETag says. */
  readonly sha256: string;
}

const largestBytes = 4 * 1024 * 1024 * 1024;

/**
 * Writes a drive to `file` if its SHA-256 is that of the ETag: temporary file beside it, fsync, rename, fsync of the
 * folder. Whatever fails, `file` is as before and nothing is left behind. The file is for its owner only (0600).
 * Fails with `drive-invalid` for a damaged download and `storage-failed` where the file cannot be written.
 * @param encode what is written in place of the image, once that was checked
 * @param progress gets the bytes that are there, and all there will be where the server says so
 */
export async function saveDrive(
  response: TransportResponse,
  file: string,
  progress: (received: number, total: number | undefined) => void,
  encode?: (image: Buffer) => Buffer,
): Promise<DownloadedDrive> {
  const expected = /^"([0-9a-f]{64})"$/.exec(response.headers.etag ?? '')?.[1];
  const instance = header(response, 'ubugi-instance');
  const generation = Number(header(response, 'ubugi-generation'));
  if (expected === undefined || instance === '' || !Number.isSafeInteger(generation) || generation < 1) {
    throw new AppError(
      'drive-invalid',
      'the server sent a drive without ETag, Ubugi-Instance or Ubugi-Generation: it cannot be checked. Look for a proxy between that drops headers',
    );
  }
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  const handle = await onDisk(file, async () => await open(temporary, 'wx', 0o600));
  try {
    const { size, sha256 } = await receive(response, handle, file, progress);
    if (sha256 !== expected) {
      throw new AppError(
        'drive-invalid',
        `the drive of ${instance} arrived damaged: its SHA-256 is ${sha256} instead of ${expected}. ${file} was not touched; try again`,
      );
    }
    await onDisk(file, async () => {
      if (encode !== undefined) {
        await writeFile(temporary, encode(await readFile(temporary)));
      }
      await handle.sync();
      await handle.close();
      await rename(temporary, file);
      await syncFolder(dirname(file));
    });
    return { instance, generation, file, size, sha256 };
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

async function receive(
  response: TransportResponse,
  handle: FileHandle,
  file: string,
  progress: (received: number, total: number | undefined) => void,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const total = Number(response.headers['content-length'] ?? Number.NaN);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > largestBytes)
      throw new AppError('drive-invalid', 'the server sends a drive of more than 4 GiB');
    hash.update(chunk);
    await onDisk(file, async () => await handle.writeFile(chunk));
    progress(size, Number.isNaN(total) ? undefined : total);
  }
  return { size, sha256: hash.digest('hex') };
}

async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AppError(
      'storage-failed',
      `cannot write ${file} (${code}): choose another place or make room`,
      {
        cause: error,
      },
    );
  }
}

function header(response: TransportResponse, name: string): string {
  const value = response.headers[name];
  return typeof value === 'string' ? value : '';
}
