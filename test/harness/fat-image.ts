/** An empty FAT16 file system of 8 MiB, as mkfs.vfat(8) lays it out. @param label at most eleven characters */
export function fatImage(label: string): Buffer {
  const sectors = 16_384;
  const sectorsOfTable = 64;
  const image = Buffer.alloc(sectors * 512);
  image.write('\xeb\x3c\x90mkfs.fat', 0, 'latin1');
  image.writeUInt16LE(512, 11); // bytes a sector
  image.writeUInt8(1, 13); // sectors a cluster
  image.writeUInt16LE(1, 14); // reserved sectors
  image.writeUInt8(2, 16); // allocation tables
  image.writeUInt16LE(512, 17); // entries of the root folder
  image.writeUInt16LE(sectors, 19);
  image.writeUInt8(0xf8, 21); // a fixed disk
  image.writeUInt16LE(sectorsOfTable, 22);
  image.writeUInt8(0x80, 36);
  image.writeUInt8(0x29, 38); // number, label and type follow
  image.writeUInt32LE(0x1234_5678, 39);
  image.write(`${label.padEnd(11)}FAT16   `, 43, 'latin1');
  image.writeUInt16LE(0xaa55, 510);
  for (const table of [1, 1 + sectorsOfTable]) image.writeUInt32LE(0xffff_fff8, table * 512);
  const root = (1 + 2 * sectorsOfTable) * 512;
  image.write(label.padEnd(11), root, 'latin1');
  image.writeUInt8(0x08, root + 11); // a volume label
  return image;
}
