import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** IOV_MAX of Linux. */
const maxPieces = 1024;

/** Makes renames and removals in a folder outlast a crash of the machine. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * {@link syncFolder} for one folder and many callers: those who come while one sync runs share the next.
 */
export function createFolderSync(folder: string): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  async function start(previous: Promise<void> | undefined): Promise<void> {
    // Whether the sync before failed is for its own callers.
    await previous?.catch(() => undefined);
    running = next;
    next = undefined;
    await syncFolder(folder);
  }
  return () => {
    next ??= start(running);
    return next;
  };
}

/**
 * Puts content under a name so that, whenever the machine or the process stops, the name stands for nothing,
 * what it stood for before, or the whole content. @param temporary a name in the same folder, not in use.
 */
export async function publishFile(
  temporary: string,
  path: string,
  pieces: readonly Buffer[],
  sync: () => Promise<void> = () => syncFolder(dirname(path)),
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o640);
    try {
      await writeAll(file, pieces);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await sync();
}

/** writev may write less than it was given. */
async function writeAll(file: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  let left = pieces.filter((piece) => piece.length > 0);
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left.slice(0, maxPieces));
    while (bytesWritten > 0) {
      const [first, ...others] = left;
      if (first === undefined) break;
      left = bytesWritten >= first.length ? others : [first.subarray(bytesWritten), ...others];
      bytesWritten -= Math.min(bytesWritten, first.length);
    }
  }
}
