import type { BaseDrive } from '../../store/ports/base-drives.ts';
import type { DriveFile } from '../drive-file.ts';

/** `openstack/VERSION/NAME`. */
const versionedFile = /^openstack\/[^/]+\/([^/]+)$/;

/**
 * Our files on top of a drive of Nova's: all of its files as they are, ours where it has none. Readers prefer the newest
 * dated folder they know, so a folder that Nova does not have yet gets Nova's newest version of each file that Nova
 * has: else ours would hide its keys, its random seed and its user-data.
 */
export function mergeOntoBase(base: BaseDrive, ours: readonly DriveFile[]): readonly DriveFile[] {
  const theirs = new Map(base.files.map((file) => [file.path, file.content]));
  const added = ours
    .filter(({ path }) => !theirs.has(path))
    .map((file): DriveFile => {
      const name = versionedFile.exec(file.path)?.[1];
      const content = name === undefined ? undefined : theirs.get(`openstack/latest/${name}`);
      return content === undefined ? file : { ...file, content };
    });
  return [...base.files, ...added];
}
