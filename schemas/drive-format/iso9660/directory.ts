import { DriveRefusal } from '../drive-refusal.ts';
import type { ImageSource } from '../image-source.ts';
import { bothEndian, type Extent, sectorSize } from './volume.ts';

/** One record of a directory (ECMA-119, section 9.1). */
export interface DirectoryRecord {
  /** Byte offset of the record in the image. */
  readonly offset: number;
  readonly extent: Extent;
  readonly folder: boolean;
  /** The raw identifier; one byte 0 or 1 for the folder itself and its parent. */
  readonly identifier: Buffer;
  /** System use area: where Rock Ridge keeps names and attributes. */
  readonly systemUse: Buffer;
}

const flagFolder = 0x02;
const flagAssociated = 0x04;
const flagMultiExtent = 0x80;
const maxFolderBytes = 4 * 1024 * 1024;

/** Whether the record is `.` or `..`. */
export function isDotRecord(record: DirectoryRecord): boolean {
  return record.identifier.length === 1 && (record.identifier[0] ?? 2) <= 1;
}

/** Reads all records of one directory extent. Throws {@link DriveRefusal}. */
export function readDirectory(source: ImageSource, extent: Extent): readonly DirectoryRecord[] {
  if (extent.size === 0 || extent.size % sectorSize !== 0) {
    throw new DriveRefusal('damaged', 'a directory of the image is not a whole number of sectors');
  }
  if (extent.size > maxFolderBytes)
    throw new DriveRefusal('too-large', 'a directory of the image is too large');
  const start = extent.sector * sectorSize;
  const bytes = source.read(start, extent.size);
  if (bytes.length < extent.size)
    throw new DriveRefusal('truncated', 'a directory lies beyond the end of the image');
  const records: DirectoryRecord[] = [];
  for (let sector = 0; sector < bytes.length; sector += sectorSize) {
    // A record never crosses a sector; zero bytes fill what is left of it.
    let position = sector;
    while (position < sector + sectorSize) {
      const length = bytes[position] ?? 0;
      if (length === 0) break;
      if (length < 34 || position + length > sector + sectorSize) {
        throw new DriveRefusal('damaged', 'a directory record of the image has an impossible length');
      }
      records.push(parseDirectoryRecord(bytes.subarray(position, position + length), start + position));
      position += length;
    }
    if (bytes.subarray(position, sector + sectorSize).some((byte) => byte !== 0)) {
      throw new DriveRefusal('hidden-data', 'there is data after the last record of a directory');
    }
  }
  return records;
}

/** Parses one record. @param offset where it stands in the image. Throws {@link DriveRefusal}. */
export function parseDirectoryRecord(bytes: Buffer, offset: number): DirectoryRecord {
  const nameLength = bytes[32] ?? 0;
  // The identifier is padded to an even position (ECMA-119, section 9.1.12).
  const systemUseStart = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  const flags = bytes[25] ?? 0;
  if (nameLength === 0 || 33 + nameLength > bytes.length) {
    throw new DriveRefusal('damaged', 'a directory record of the image has no proper name');
  }
  if ((flags & flagMultiExtent) !== 0) {
    throw new DriveRefusal('forbidden-entry', 'a file of the image has more than one extent');
  }
  if ((flags & flagAssociated) !== 0 || bytes[1] !== 0 || bytes[26] !== 0 || bytes[27] !== 0) {
    throw new DriveRefusal(
      'forbidden-entry',
      'a file of the image is associated, interleaved or has attributes',
    );
  }
  return {
    offset,
    extent: {
      sector: bothEndian(bytes, 2, "a file's place"),
      size: bothEndian(bytes, 10, "a file's size"),
    },
    folder: (flags & flagFolder) !== 0,
    identifier: bytes.subarray(33, 33 + nameLength),
    systemUse: bytes.subarray(Math.min(systemUseStart, bytes.length)),
  };
}
