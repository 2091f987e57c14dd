import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemErrorCode } from './read-regular-file.ts';

/** What lies at the path of a CD-ROM that nothing marks as ours. */
export type MediumEvidence =
  /** Nothing lies there. */
  | 'absent'
  /** A regular file that is an ISO 9660 image with the volume id `config-2`. */
  | 'config-drive'
  /** Anything else: somebody's install medium, a link, a device. */
  | 'other';

/** ECMA-119, 8.4: the primary volume descriptor is sector 16; its volume identifier is at byte 40, 32 long. */
const descriptorOffset = 16 * 2048;
const descriptorStart = Buffer.from('\x01CD001\x01', 'latin1');
const volumeIdOffset = 40;
const volumeIdBytes = 32;

/** What lies at the path of a CD-ROM, judged by its ISO 9660 volume id. Follows no link and never throws. */
export async function inspectMedium(path: string): Promise<MediumEvidence> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return 'other';
    const descriptor = Buffer.alloc(volumeIdOffset + volumeIdBytes);
    await file.read(descriptor, 0, descriptor.length, descriptorOffset);
    if (!descriptor.subarray(0, descriptorStart.length).equals(descriptorStart)) return 'other';
    const volumeId = descriptor.toString('latin1', volumeIdOffset).trimEnd().toLowerCase();
    return volumeId === 'config-2' ? 'config-drive' : 'other';
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'absent' : 'other';
  }
}
