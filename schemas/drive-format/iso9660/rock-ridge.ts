import { DriveRefusal } from '../drive-refusal.ts';
import type { ImageSource } from '../image-source.ts';
import { bothEndian, sectorSize } from './volume.ts';

/** What Rock Ridge (IEEE P1282) says of one directory record. */
export interface RockRidgeAttributes {
  /** Alternate name; undefined if the record has none. */
  readonly name: string | undefined;
  /** `st_mode`; undefined if the record has no PX entry. */
  readonly mode: number | undefined;
  /** Continuation areas that were read, as byte ranges of the image. */
  readonly continuations: readonly ByteRange[];
}

/** A range of bytes of the image. */
export interface ByteRange {
  readonly start: number;
  /** The byte after the last. */
  readonly end: number;
}

const typeMask = 0o170000;
const regularFile = 0o100000;
const folder = 0o040000;

const maxContinuations = 16;
const maxNameBytes = 255;

/** Symlinks, devices, relocated folders, sparse and compressed files: a drive has none of them. */
const forbidden: ReadonlyMap<string, string> = new Map([
  ['SL', 'a symbolic link'],
  ['PN', 'a device'],
  ['CL', 'a relocated folder'],
  ['PL', 'a relocated folder'],
  ['RE', 'a relocated folder'],
  ['SF', 'a sparse file'],
  ['ZF', 'a compressed file'],
]);

/**
 * Reads the entries of a system use area and of what it continues in (SUSP 1.12). Throws {@link DriveRefusal}
 * for what has no place on a drive.
 */
export function readRockRidge(
  source: ImageSource,
  systemUse: Buffer,
  expected: 'file' | 'folder',
): RockRidgeAttributes {
  const name: Buffer[] = [];
  const continuations: ByteRange[] = [];
  let mode: number | undefined;
  let area: Buffer | undefined = systemUse;
  while (area !== undefined) {
    let next: Buffer | undefined;
    for (const { signature, data } of entries(area)) {
      const what = forbidden.get(signature);
      if (what !== undefined) throw new DriveRefusal('forbidden-entry', `the image holds ${what}`);
      if (signature === 'ST') break;
      if (signature === 'NM') name.push(nameComponent(data));
      if (signature === 'PX') mode = fileMode(data);
      if (signature === 'CE') {
        if (next !== undefined || continuations.length >= maxContinuations) {
          throw new DriveRefusal('damaged', 'a Rock Ridge entry of the image continues without end');
        }
        const range = continuation(data);
        next = source.read(range.start, range.end - range.start);
        if (next.length < range.end - range.start) {
          throw new DriveRefusal('truncated', 'a Rock Ridge entry lies beyond the end of the image');
        }
        continuations.push(range);
      }
    }
    area = next;
  }
  // Last, because a link or a relocated folder should be called by its name.
  if (mode !== undefined) checkType(mode, expected);
  const bytes = Buffer.concat(name);
  if (bytes.length > maxNameBytes) throw new DriveRefusal('damaged', 'a name in the image is too long');
  return { name: bytes.length === 0 ? undefined : bytes.toString('utf8'), mode, continuations };
}

function* entries(area: Buffer): Generator<{ readonly signature: string; readonly data: Buffer }> {
  let position = 0;
  while (position + 4 <= area.length && area[position] !== 0) {
    const length = area[position + 2] ?? 0;
    if (length < 4 || position + length > area.length) {
      throw new DriveRefusal('damaged', 'a Rock Ridge entry of the image has an impossible length');
    }
    yield {
      signature: area.toString('latin1', position, position + 2),
      data: area.subarray(position + 4, position + length),
    };
    position += length;
  }
}

function nameComponent(data: Buffer): Buffer {
  const flags = data[0] ?? 0;
  // 1: continued in the next NM entry; 2 and 4 mark `.` and `..`.
  if ((flags & ~1) !== 0)
    throw new DriveRefusal('forbidden-entry', 'a name in the image stands for another folder');
  return data.subarray(1);
}

function fileMode(data: Buffer): number {
  if (data.length < 8) throw new DriveRefusal('damaged', 'a Rock Ridge attribute of the image is too short');
  return bothEndian(data, 0, "a file's mode");
}

function checkType(mode: number, expected: 'file' | 'folder'): void {
  const type = mode & typeMask;
  if (type !== regularFile && type !== folder) {
    throw new DriveRefusal('forbidden-entry', 'the image holds something else than files and folders');
  }
  if ((type === folder) !== (expected === 'folder')) {
    throw new DriveRefusal('damaged', 'the image gives one entry as both a file and a folder');
  }
}

function continuation(data: Buffer): ByteRange {
  if (data.length < 24)
    throw new DriveRefusal('damaged', 'a Rock Ridge continuation of the image is too short');
  const start =
    bothEndian(data, 0, 'a continuation area') * sectorSize + bothEndian(data, 8, 'a continuation area');
  const length = bothEndian(data, 16, 'a continuation area');
  if (length > sectorSize)
    throw new DriveRefusal('damaged', 'a Rock Ridge continuation of the image is too long');
  return { start, end: start + length };
}
