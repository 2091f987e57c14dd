import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Owner and permission bits of a file. */
export interface FileOwnership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Twice the longest deadline: no writer of such a temporary file is alive. */
const abandonedAfterMs = 120_000;

/**
 * Puts whole content at a path: temporary file in the same folder, fsync, rename, fsync of the folder. Whatever
 * happens, the path holds the old content or the new. A symlink at the path is replaced, never followed.
 * @throws the system's error (`ENOSPC`, `EIO`, …); the temporary file is gone then
 */
export async function placeFile(path: string, content: Uint8Array, ownership: FileOwnership): Promise<void> {
  const folder = dirname(path);
  const prefix = temporaryPrefix(path);
  await removeAbandoned(folder, prefix);
  const temporary = join(folder, `${prefix}${randomBytes(8).toString('hex')}`);
  try {
    await using file = await open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    await file.writeFile(content);
    await own(file, ownership);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await using handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.ubugi-`;
}

/** What a killed process left behind. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const path = join(folder, name);
    const status = await lstat(path).catch(() => undefined);
    if (status !== undefined && Date.now() - status.mtimeMs > abandonedAfterMs) {
      await unlink(path).catch(() => undefined);
    }
  }
}

/** Only root may give files away; others keep them. */
async function own(file: FileHandle, { uid, gid, mode }: FileOwnership): Promise<void> {
  if (process.getuid?.() === 0) await file.chown(uid, gid);
  await file.chmod(mode);
}
