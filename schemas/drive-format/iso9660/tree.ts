import { DriveRefusal } from '../drive-refusal.ts';
import type { ImageSource } from '../image-source.ts';
import { type DirectoryRecord, isDotRecord, parseDirectoryRecord, readDirectory } from './directory.ts';
import { type ByteRange, readRockRidge } from './rock-ridge.ts';
import { type Extent, sectorSize, ucs2, type VolumeDescriptor } from './volume.ts';

/** A file of one of the trees. */
export interface TreeFile {
  /** Relative path with slashes. */
  readonly path: string;
  readonly extent: Extent;
  /** `st_mode` by Rock Ridge; undefined in the Joliet tree. */
  readonly mode: number | undefined;
  /** Where its directory record stands in the image, in bytes. */
  readonly recordOffset: number;
}

/** All that one descriptor's tree holds. */
export interface IsoTree {
  readonly files: readonly TreeFile[];
  /** Relative paths, without the root. */
  readonly folders: readonly string[];
  /** Bytes of the image that directories and their continuation areas take. */
  readonly metadata: readonly ByteRange[];
}

const maxDepth = 8;
const maxEntries = 16_384;
const maxMetadataBytes = 32 * 1024 * 1024;

/** Walks the tree of a volume descriptor. Throws {@link DriveRefusal}. */
export function readTree(
  source: ImageSource,
  volume: VolumeDescriptor,
  names: 'rock-ridge' | 'joliet',
): IsoTree {
  const files: TreeFile[] = [];
  const folders: string[] = [];
  const metadata: ByteRange[] = [];
  const visited = new Set<number>();
  let bytes = 0;

  function walk(extent: Extent, prefix: string, depth: number): void {
    if (depth > maxDepth) throw new DriveRefusal('damaged', 'folders of the image nest too deep');
    if (visited.has(extent.sector)) throw new DriveRefusal('damaged', 'folders of the image form a loop');
    visited.add(extent.sector);
    bytes += extent.size;
    if (bytes > maxMetadataBytes)
      throw new DriveRefusal('too-large', 'the directories of the image are too large');
    metadata.push({ start: extent.sector * sectorSize, end: extent.sector * sectorSize + extent.size });
    const seen = new Set<string>();
    for (const record of readDirectory(source, extent)) {
      const entry = names === 'joliet' ? jolietEntry(record) : rockRidgeEntry(source, record);
      metadata.push(...entry.continuations);
      if (isDotRecord(record)) continue;
      const name = checkedName(entry.name);
      if (seen.has(name)) throw new DriveRefusal('damaged', `the image has two entries named ${name}`);
      seen.add(name);
      if (files.length + folders.length >= maxEntries) {
        throw new DriveRefusal('too-large', 'the image holds too many files');
      }
      const path = prefix + name;
      if (record.folder) {
        folders.push(path);
        walk(record.extent, `${path}/`, depth + 1);
      } else {
        files.push({ path, extent: record.extent, mode: entry.mode, recordOffset: record.offset });
      }
    }
  }

  walk(parseDirectoryRecord(volume.rootRecord, volume.sector * sectorSize + 156).extent, '', 1);
  return { files, folders, metadata };
}

interface Entry {
  readonly name: string;
  readonly mode: number | undefined;
  readonly continuations: readonly ByteRange[];
}

function rockRidgeEntry(source: ImageSource, record: DirectoryRecord): Entry {
  const attributes = readRockRidge(source, record.systemUse, record.folder ? 'folder' : 'file');
  if (attributes.name === undefined && !isDotRecord(record)) {
    throw new DriveRefusal('damaged', 'a file of the image has no Rock Ridge name');
  }
  return { ...attributes, name: attributes.name ?? '' };
}

function jolietEntry(record: DirectoryRecord): Entry {
  // `;1` is the version number that ECMA-119 wants and no reader shows.
  return { name: ucs2(record.identifier).replace(/;1$/, ''), mode: undefined, continuations: [] };
}

/** A name that can only be a name. The value is not repeated: it may hold anything. */
function checkedName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f\u007f\ufffd]/.test(name)) {
    throw new DriveRefusal('forbidden-entry', 'the image holds a name that is no plain file name');
  }
  return name;
}
