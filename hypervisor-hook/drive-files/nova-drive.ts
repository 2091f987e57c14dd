import { basename } from 'node:path';
import { driveLabel, drivePaths } from '../../schemas/drive-format/drive-layout.ts';
import { DriveRefusal } from '../../schemas/drive-format/drive-refusal.ts';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { type IsoImage, readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';

/** What Nova makes a config drive for. A rescue has one of its own, beside that of the boots. */
export type BootKind = 'boot' | 'rescue';

/** Names of Nova's config drives in the instance's folder (`nova/virt/libvirt/driver.py`). */
export const novaFileNames = { boot: 'disk.config', rescue: 'disk.config.rescue' } as const;

/** What the drive at a path, or one that has none yet, is for. */
export function bootKind(path: string | undefined): BootKind {
  return path !== undefined && basename(path) === novaFileNames.rescue ? 'rescue' : 'boot';
}

/** What a file at the path of a config drive is, where it is not a drive of ours. */
export type ForeignDrive =
  /** A config drive that another builder made, such as Nova. */
  | { readonly kind: 'config-drive'; readonly image: Buffer }
  /** One that cannot be merged; `reason` is half a sentence, as is `remedy`. */
  | { readonly kind: 'unmergeable'; readonly reason: string; readonly remedy: string };

/** The metadata server takes no larger one, in bytes. */
const mostImageBytes = 16 * 1024 * 1024;

/** Whether a file is a config drive that somebody else made; undefined for anything else. Never throws. */
export function foreignDrive(image: Buffer): ForeignDrive | undefined {
  if (isFat(image)) {
    return {
      kind: 'unmergeable',
      reason: 'its config drive is a vfat image, which cannot be merged with ours',
      remedy:
        'set config_drive_format = iso9660 in nova.conf of this host, and rebuild the instance so that Nova makes another drive',
    };
  }
  try {
    const iso = readConfigDrive(image);
    if (iso === undefined || iso.files.some(({ path }) => path === drivePaths.manifest)) return undefined;
  } catch (error) {
    if (error instanceof DriveRefusal) return undefined;
    throw error;
  }
  if (image.length <= mostImageBytes) return { kind: 'config-drive', image };
  return {
    kind: 'unmergeable',
    reason: `its config drive is larger than ${mostImageBytes} bytes`,
    remedy: 'give the instance smaller user-data or files, and rebuild it',
  };
}

/** Whether every file of Nova's drive is on ours, byte for byte. Neither throws nor trusts either image. */
export function carriesAll(ours: Buffer, theirs: Buffer): boolean {
  try {
    const kept = readConfigDrive(ours);
    const wanted = readConfigDrive(theirs);
    if (kept === undefined || wanted === undefined) return false;
    const files = new Map(kept.files.map((file) => [file.path, file]));
    return wanted.files.every((file) => {
      const copy = files.get(file.path);
      return copy !== undefined && kept.read(copy).equals(wanted.read(file));
    });
  } catch (error) {
    if (error instanceof DriveRefusal) return false;
    throw error;
  }
}

function readConfigDrive(image: Buffer): IsoImage | undefined {
  const iso = readIsoImage(imageInMemory(image), { mode: 'lenient' });
  return iso.volumeId.toLowerCase() === driveLabel ? iso : undefined;
}

/** FAT12, FAT16 or FAT32 by its boot sector. */
function isFat(image: Buffer): boolean {
  if (image.length < 512 || image.readUInt16LE(510) !== 0xaa55) return false;
  return image.toString('latin1', 54, 57) === 'FAT' || image.toString('latin1', 82, 87) === 'FAT32';
}
