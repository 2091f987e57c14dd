import { driveLabel } from '../../../schemas/drive-format/drive-layout.ts';
import { DriveRefusal } from '../../../schemas/drive-format/drive-refusal.ts';
import { imageInMemory } from '../../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../../schemas/drive-format/iso9660-reader.ts';
import { AppError } from '../../domain/errors.ts';
import type { BaseDriveFile } from '../../store/ports/base-drives.ts';
import { baseDriveLimits } from './base-drive-limits.ts';

/**
 * The files of a config drive that Nova made: an ISO 9660 image with Rock Ridge. Fails with `request-invalid`, saying what
 * is wrong with it, and with `too-large`.
 */
export function readBaseImage(image: Buffer): readonly BaseDriveFile[] {
  if (isFat(image)) {
    throw new AppError(
      'request-invalid',
      'the drive is a vfat image, which cannot be merged; set config_drive_format = iso9660 in nova.conf of the hypervisor and rebuild or hard reboot the instance with a new drive',
    );
  }
  try {
    const iso = readIsoImage(imageInMemory(image), { mode: 'lenient' });
    if (iso.volumeId.toLowerCase() !== driveLabel) {
      throw new AppError('request-invalid', `the image is not labelled ${driveLabel}; send a config drive`);
    }
    const total = iso.files.reduce((sum, file) => sum + file.size, 0);
    if (iso.files.length > baseDriveLimits.files || total > baseDriveLimits.totalBytes) {
      throw new AppError(
        'too-large',
        `the drive has ${iso.files.length} files of ${total} bytes together; more than ${baseDriveLimits.files} files or ${baseDriveLimits.totalBytes} bytes are not merged`,
      );
    }
    return iso.files.map((file) => ({ path: file.path, content: iso.read(file) }));
  } catch (error) {
    if (!(error instanceof DriveRefusal)) throw error;
    throw new AppError(
      'request-invalid',
      `the image cannot be read: ${error.message}; send the config drive as Nova made it`,
    );
  }
}

/** FAT12, FAT16 or FAT32 by its boot sector, as Nova's mkfs.vfat writes it. */
function isFat(image: Buffer): boolean {
  if (image.length < 512 || image.readUInt16LE(510) !== 0xaa55) return false;
  return image.toString('latin1', 54, 57) === 'FAT' || image.toString('latin1', 82, 87) === 'FAT32';
}
