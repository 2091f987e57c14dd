import { DriveRefusal } from './drive-refusal.ts';
import type { ImageSource } from './image-source.ts';
import { checkNoHiddenData } from './iso9660/coverage.ts';
import { type IsoTree, readTree, type TreeFile } from './iso9660/tree.ts';
import { type Extent, readVolumeDescriptors, sectorSize } from './iso9660/volume.ts';

/** A file of an image. */
export interface IsoFile {
  /** Relative path with slashes, by Rock Ridge. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** `st_mode` by Rock Ridge. */
  readonly mode: number | undefined;
  /** Where the content stands. */
  readonly extent: Extent;
  /** Byte offsets in the image of every directory record of this file, Rock Ridge first. */
  readonly recordOffsets: readonly number[];
}

/** An image that was read and found sound. */
export interface IsoImage {
  readonly volumeId: string;
  /** In order of path, by bytes. */
  readonly files: readonly IsoFile[];
  /** In order of path, by bytes. */
  readonly folders: readonly string[];
  /** Content of one of `files`. */
  read(file: IsoFile): Buffer;
}

/** How much is demanded of an image. */
export interface IsoReadOptions {
  /**
   * `strict` (default) is for our own drives: the Joliet tree is there and equal to the Rock Ridge tree, extents do
   * not overlap, every byte that belongs to nothing is zero, the file ends where the volume ends. `lenient` is for
   * drives that others made, such as Nova's genisoimage: none of this is asked for; links, devices, other
   * names than plain ones and extents out of the image are refused all the same.
   */
  readonly mode?: 'strict' | 'lenient';
}

/** Content of all files of a drive together may not be larger, in bytes. */
const maxTotalSize = 256 * 1024 * 1024;

/**
 * Reads an ISO 9660 image with Rock Ridge. Bounded in time and memory whatever the bytes are.
 * Throws {@link DriveRefusal}, and nothing else, for an image that is not sound.
 */
export function readIsoImage(source: ImageSource, options: IsoReadOptions = {}): IsoImage {
  const strict = options.mode !== 'lenient';
  const volumes = readVolumeDescriptors(source);
  checkSize(source, volumes.primary.sectors, strict);
  const tree = readTree(source, volumes.primary, 'rock-ridge');
  checkExtents(source, tree);
  const joliet =
    volumes.joliet === undefined || !strict ? undefined : readTree(source, volumes.joliet, 'joliet');
  if (strict) {
    if (joliet === undefined) throw new DriveRefusal('trees-differ', 'the image has no Joliet tree');
    compareTrees(tree, joliet);
    checkNoHiddenData(source, volumes, [tree, joliet]);
  }
  const jolietRecords = new Map(joliet?.files.map((file) => [file.path, file.recordOffset]));
  return {
    volumeId: volumes.primary.volumeId,
    files: tree.files.map((file) => isoFile(file, jolietRecords.get(file.path))).sort(byPath),
    folders: [...tree.folders].sort((left, right) => compareBytes(left, right)),
    read: (file) => {
      const content = source.read(file.extent.sector * sectorSize, file.size);
      if (content.length < file.size) throw new DriveRefusal('truncated', `${file.path} is cut off`);
      return content;
    },
  };
}

/** Order of paths on a drive: by bytes, as `LC_ALL=C sort` has it. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function byPath(left: IsoFile, right: IsoFile): number {
  return compareBytes(left.path, right.path);
}

function isoFile(file: TreeFile, jolietRecord: number | undefined): IsoFile {
  return {
    path: file.path,
    size: file.extent.size,
    mode: file.mode,
    extent: file.extent,
    recordOffsets: jolietRecord === undefined ? [file.recordOffset] : [file.recordOffset, jolietRecord],
  };
}

function checkSize(source: ImageSource, sectors: number, strict: boolean): void {
  const expected = sectors * sectorSize;
  if (source.size < expected) {
    throw new DriveRefusal('truncated', `the image has ${source.size} of ${expected} bytes: it was cut off`);
  }
  if (strict && source.size > expected) {
    throw new DriveRefusal(
      'trailing-data',
      `there are ${source.size - expected} bytes after the end of the image`,
    );
  }
}

function checkExtents(source: ImageSource, tree: IsoTree): void {
  let total = 0;
  for (const { extent } of tree.files) {
    total += extent.size;
    if (total > maxTotalSize) throw new DriveRefusal('too-large', 'the files of the image are too large');
    if (extent.size > 0 && extent.sector * sectorSize + extent.size > source.size) {
      throw new DriveRefusal('truncated', 'a file lies beyond the end of the image');
    }
  }
}

/** Linux reads Rock Ridge, Windows reads Joliet: both must see the same drive. */
function compareTrees(tree: IsoTree, joliet: IsoTree): void {
  const folders = new Set(joliet.folders);
  const files = new Map(joliet.files.map((file) => [file.path, file.extent]));
  const same =
    tree.folders.length === joliet.folders.length &&
    tree.files.length === joliet.files.length &&
    tree.folders.every((path) => folders.has(path)) &&
    tree.files.every(({ path, extent }) => {
      const other = files.get(path);
      return other?.size === extent.size && other.sector === extent.sector;
    });
  if (!same) throw new DriveRefusal('trees-differ', 'the Joliet tree differs from the Rock Ridge tree');
}
