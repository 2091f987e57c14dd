import { createHash } from 'node:crypto';
import { compareBytes } from '../../../schemas/drive-format/iso9660-reader.ts';
import type { BaseDrive, BaseDriveFile } from '../../store/ports/base-drives.ts';

/** What another builder put on a drive, in the form in which it is kept. */
export function createBaseDrive(files: readonly BaseDriveFile[], seenAt: string): BaseDrive {
  const sorted = [...files].sort((left, right) => compareBytes(left.path, right.path));
  return { files: sorted, sha256: baseDriveSha256(sorted), seenAt };
}

/** SHA-256 of what `sha256sum` prints for the files, in order of path by bytes. */
function baseDriveSha256(files: readonly BaseDriveFile[]): string {
  const sum = createHash('sha256');
  for (const { path, content } of files) {
    sum.update(`${createHash('sha256').update(content).digest('hex')}  ${path}\n`);
  }
  return sum.digest('hex');
}
