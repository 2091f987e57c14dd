import { DriveRefusal } from '../drive-refusal.ts';
import type { ImageSource } from '../image-source.ts';
import type { ByteRange } from './rock-ridge.ts';
import type { IsoTree } from './tree.ts';
import { sectorSize, systemAreaSectors, type VolumeDescriptors } from './volume.ts';

const chunkSize = 1024 * 1024;

/**
 * Refuses an image in which two things share bytes (but for files of the very same content), or in which a byte
 * that belongs to nothing is not zero: system area, sector padding, gaps.
 */
export function checkNoHiddenData(
  source: ImageSource,
  volumes: VolumeDescriptors,
  trees: readonly IsoTree[],
): void {
  let end = 0;
  for (const range of usedRanges(volumes, trees)) {
    if (range.start < end) throw new DriveRefusal('damaged', 'parts of the image overlap');
    checkZero(source, end, range.start);
    end = range.end;
  }
  checkZero(source, end, source.size);
}

/** Everything that the image is made of, in order; what stands in it twice by intent only once. */
function usedRanges(volumes: VolumeDescriptors, trees: readonly IsoTree[]): readonly ByteRange[] {
  const ranges: ByteRange[] = [{ start: systemAreaSectors * sectorSize, end: volumes.end * sectorSize }];
  for (const volume of [volumes.primary, volumes.joliet]) {
    for (const table of volume?.pathTables ?? []) ranges.push(byteRange(table.sector, table.size));
  }
  for (const tree of trees) {
    ranges.push(...tree.metadata);
    for (const { extent } of tree.files) ranges.push(byteRange(extent.sector, extent.size));
  }
  const unique = new Map<string, ByteRange>();
  for (const range of ranges) {
    if (range.end > range.start) unique.set(`${range.start}-${range.end}`, range);
  }
  return [...unique.values()].sort((left, right) => left.start - right.start);
}

function byteRange(sector: number, size: number): ByteRange {
  return { start: sector * sectorSize, end: sector * sectorSize + size };
}

function checkZero(source: ImageSource, start: number, end: number): void {
  const zeros = Buffer.alloc(Math.min(chunkSize, Math.max(0, end - start)));
  for (let position = start; position < end; position += chunkSize) {
    const bytes = source.read(position, Math.min(chunkSize, end - position));
    if (!bytes.equals(zeros.subarray(0, bytes.length))) {
      throw new DriveRefusal('hidden-data', 'the image holds data that belongs to no file');
    }
  }
}
