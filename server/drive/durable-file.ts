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
 * Puts content under a name so that, whenever the machine or the process stops, the name stands for nothing,
 * what it stood for before, or the whole content.
 * @param temporary a name in the same folder, not in use
 * @param loss what a crash of the machine may leave: `never` a part; `rebuildable`: a part, because readers check the
 *   content by its hash and can make it again. The process may stop at any moment either way.
 */
export async function publishFile(
  temporary: string,
  path: string,
  pieces: readonly Buffer[],
  loss: 'never' | 'rebuildable' = 'never',
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o640);
    try {
      await writeAll(file, pieces);
      if (loss === 'never') await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (loss === 'never') await syncFolder(dirname(path));
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
