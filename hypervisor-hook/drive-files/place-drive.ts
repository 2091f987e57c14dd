import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FileOwnership, placeFile } from './place-file.ts';
import { systemErrorCode } from './read-regular-file.ts';

/**
 * Puts a drive at a path so that QEMU may read it: with owner, group and mode of the regular file it replaces, else
 * the folder's owner and group and mode 0640. libvirt's `dynamic_ownership` changes it afterwards where it is on.
 * Gives why it could not be written, as half a sentence. Never throws.
 */
export async function placeDrive(path: string, image: Buffer): Promise<string | undefined> {
  try {
    await placeFile(path, image, await ownershipFor(path));
    return undefined;
  } catch (error) {
    return `${path} cannot be written (${explained(systemErrorCode(error))})`;
  }
}

async function ownershipFor(path: string): Promise<FileOwnership> {
  const present = await lstat(path).catch(() => undefined);
  if (present?.isFile() === true) {
    return { uid: present.uid, gid: present.gid, mode: (present.mode & 0o666) | 0o400 };
  }
  const folder = await stat(dirname(path));
  return { uid: folder.uid, gid: folder.gid, mode: 0o640 };
}

function explained(code: string): string {
  switch (code) {
    case 'ENOSPC':
      return 'ENOSPC: the disk is full';
    case 'EDQUOT':
      return 'EDQUOT: the quota is used up';
    case 'ENOENT':
      return 'ENOENT: its folder does not exist';
    case 'EROFS':
      return 'EROFS: the file system is read-only';
    default:
      return code;
  }
}
