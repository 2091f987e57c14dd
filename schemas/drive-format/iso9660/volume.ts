import { DriveRefusal } from '../drive-refusal.ts';
import type { ImageSource } from '../image-source.ts';

/** Bytes of a sector (ECMA-119, section 6.1.2); images with another logical block size are refused. */
export const sectorSize = 2048;

/** Where the volume descriptors begin: the system area of 16 sectors precedes them. */
export const systemAreaSectors = 16;

const maxDescriptors = 16;

/** A run of sectors with the number of bytes in use. */
export interface Extent {
  /** First sector. */
  readonly sector: number;
  /** Bytes in use. */
  readonly size: number;
}

/** What is needed of a primary or supplementary volume descriptor (ECMA-119, sections 8.4 and 8.5). */
export interface VolumeDescriptor {
  /** Sector of the descriptor itself. */
  readonly sector: number;
  readonly volumeId: string;
  /** Sectors of the whole volume. */
  readonly sectors: number;
  readonly rootRecord: Buffer;
  /** Both byte orders of the path table, and what is left of their optional copies. */
  readonly pathTables: readonly Extent[];
}

/** The descriptors of one image. */
export interface VolumeDescriptors {
  readonly primary: VolumeDescriptor;
  /** Joliet (UCS-2), if the image has it. */
  readonly joliet: VolumeDescriptor | undefined;
  /** The sector after the set terminator. */
  readonly end: number;
}

/** Reads the volume descriptor set. Throws {@link DriveRefusal}. */
export function readVolumeDescriptors(source: ImageSource): VolumeDescriptors {
  let primary: VolumeDescriptor | undefined;
  let joliet: VolumeDescriptor | undefined;
  for (let index = 0; index < maxDescriptors; index += 1) {
    const sector = systemAreaSectors + index;
    const bytes = source.read(sector * sectorSize, sectorSize);
    if (bytes.length < sectorSize || bytes.toString('latin1', 1, 6) !== 'CD001') {
      throw new DriveRefusal('not-an-iso-image', 'the file is not an ISO 9660 image');
    }
    switch (bytes.readUInt8(0)) {
      case 1:
        if (primary !== undefined)
          throw new DriveRefusal('damaged', 'the image has two primary volume descriptors');
        primary = volumeDescriptor(bytes, sector, text(bytes));
        break;
      case 2:
        if (!isJoliet(bytes)) break;
        if (joliet !== undefined)
          throw new DriveRefusal('damaged', 'the image has two Joliet volume descriptors');
        joliet = volumeDescriptor(bytes, sector, ucs2(bytes.subarray(40, 72)));
        break;
      case 255:
        if (primary === undefined) {
          throw new DriveRefusal('not-an-iso-image', 'the image has no primary volume descriptor');
        }
        return { primary, joliet, end: sector + 1 };
      default:
        break;
    }
  }
  throw new DriveRefusal('damaged', `the image has more than ${maxDescriptors} volume descriptors`);
}

/** A 32-bit number that stands in both byte orders (ECMA-119, section 7.3.3). */
export function bothEndian(bytes: Buffer, offset: number, what: string): number {
  const value = bytes.readUInt32LE(offset);
  if (value !== bytes.readUInt32BE(offset + 4)) {
    throw new DriveRefusal('damaged', `the two byte orders of ${what} differ`);
  }
  return value;
}

/** Text in big-endian UCS-2, as Joliet has it. */
export function ucs2(bytes: Buffer): string {
  return new TextDecoder('utf-16be').decode(bytes.subarray(0, bytes.length & ~1)).trimEnd();
}

function text(bytes: Buffer): string {
  return bytes.toString('latin1', 40, 72).trimEnd();
}

function isJoliet(bytes: Buffer): boolean {
  return ['%/@', '%/C', '%/E'].includes(bytes.toString('latin1', 88, 91));
}

function volumeDescriptor(bytes: Buffer, sector: number, volumeId: string): VolumeDescriptor {
  if (bytes.readUInt16LE(128) !== sectorSize || bytes.readUInt16BE(130) !== sectorSize) {
    throw new DriveRefusal('damaged', `the image has a logical block size other than ${sectorSize}`);
  }
  const tableSize = bothEndian(bytes, 132, 'the path table size');
  const tables = [
    bytes.readUInt32LE(140),
    bytes.readUInt32LE(144),
    bytes.readUInt32BE(148),
    bytes.readUInt32BE(152),
  ];
  return {
    sector,
    volumeId,
    sectors: bothEndian(bytes, 80, 'the volume size'),
    rootRecord: bytes.subarray(156, 190),
    pathTables: tables.filter((start) => start !== 0).map((start) => ({ sector: start, size: tableSize })),
  };
}
