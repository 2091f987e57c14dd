import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { sectorSize } from '../../schemas/drive-format/iso9660/volume.ts';
import { compareBytes, type IsoFile, readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import { AppError } from '../domain/errors.ts';
import type { DriveFile } from './drive-file.ts';
import { type IsoImager, sharesSectors } from './iso9660.ts';

/** Makes images in memory. */
export interface ImageFactory {
  /**
   * The very bytes that the imager would write for these files, in pieces of which some are the files' own contents:
   * write them one after the other. Fails as the imager does.
   */
  image(files: readonly DriveFile[]): Promise<readonly Buffer[]>;
}

/** How an image factory works. */
export interface ImageFactoryOptions {
  /** Folder for images of the imager, each removed at once; it must exist. */
  readonly folder: string;
  /** Templates kept in memory, some 100 kB each. */
  readonly maxTemplates?: number;
}

/** What all images of one shape have in common. */
interface Template {
  /** The image up to the first content: descriptors, directories, path tables. */
  readonly head: Buffer;
  readonly files: ReadonlyMap<string, IsoFile>;
}

/** Where the size stands in a directory record, little-endian and then big-endian (ECMA-119, section 9.1.4). */
const recordSizeOffset = 10;

/**
 * A factory that runs the imager once for all images whose files have the same names and take the same number of
 * sectors, and then only fills in contents and sizes: xorriso takes 100 ms and passes every byte through a pipeline of
 * threads, filling takes 1 ms. The fleet of a site has a handful of shapes.
 */
export function createImageFactory(
  ports: { readonly imager: IsoImager },
  options: ImageFactoryOptions,
): ImageFactory {
  const templates = new Map<string, Promise<Template>>();
  const maxTemplates = options.maxTemplates ?? 64;
  let made = 0;

  async function makeTemplate(files: readonly DriveFile[]): Promise<Template> {
    made += 1;
    const path = join(options.folder, `template-${process.pid}-${made}.tmp`);
    try {
      await rm(path, { force: true });
      await ports.imager.write(placeholders(files), path);
      return templateOf(await readFile(path));
    } finally {
      await rm(path, { force: true });
    }
  }

  function template(files: readonly DriveFile[]): Promise<Template> {
    const shape = shapeOf(files);
    const known = templates.get(shape);
    const wanted = known ?? makeTemplate(files);
    // The most recently used stand last.
    templates.delete(shape);
    templates.set(shape, wanted);
    if (known === undefined) {
      wanted.catch(() => templates.delete(shape));
      for (const oldest of templates.keys()) {
        if (templates.size <= maxTemplates) break;
        templates.delete(oldest);
      }
    }
    return wanted;
  }

  return {
    image: async (files) => {
      const sorted = [...files].sort((left, right) => compareBytes(left.path, right.path));
      return fill(await template(sorted), sorted);
    },
  };
}

function sectors(file: DriveFile): number {
  return Math.ceil(file.content.length / sectorSize);
}

/** For each file the first one, in order of path, that it shares its sectors with: itself or an earlier one. */
function sharing(files: readonly DriveFile[]): readonly number[] {
  const firsts: number[] = [];
  return files.map((file, index) => {
    const first = firsts.find((candidate) => {
      const other = files[candidate];
      return other !== undefined && sharesSectors(other, file);
    });
    if (first === undefined) firsts.push(index);
    return first ?? index;
  });
}

function shapeOf(files: readonly DriveFile[]): string {
  const shared = sharing(files);
  return files
    .map(
      (file, index) =>
        `${file.path} ${sectors(file)} ${shared[index]} ${file.executable === true ? 'x' : '-'}`,
    )
    .join('\n');
}

/** Files of the same shape whose contents differ where those of the real ones do. */
function placeholders(files: readonly DriveFile[]): readonly DriveFile[] {
  const shared = sharing(files);
  return files.map((file, index) => {
    const content = Buffer.alloc(sectors(file) * sectorSize);
    if (content.length > 0) content.writeUInt32LE((shared[index] ?? index) + 1);
    return { ...file, content };
  });
}

function templateOf(image: Buffer): Template {
  const { files } = readIsoImage(imageInMemory(image));
  const used = files.filter((file) => file.size > 0).map((file) => file.extent);
  const start = Math.min(...used.map((extent) => extent.sector)) * sectorSize;
  const content = new Map(used.map((extent) => [extent.sector, extent.size]));
  const total = [...content.values()].reduce((sum, size) => sum + size, 0);
  if (start + total !== image.length) {
    throw new AppError(
      'drive-build-failed',
      'Cannot build the drive: xorriso laid the image out in an unknown way.',
    );
  }
  return {
    head: Buffer.from(image.subarray(0, start)),
    files: new Map(files.map((file) => [file.path, file])),
  };
}

/** The strict reader has made sure that extents do not overlap, and {@link templateOf} that there are no gaps. */
function fill(template: Template, files: readonly DriveFile[]): readonly Buffer[] {
  const head = Buffer.from(template.head);
  const contents = new Map<number, Buffer>();
  for (const file of files) {
    const place = template.files.get(file.path);
    if (place === undefined) throw new Error(`the template misses ${file.path}`);
    if (file.content.length === 0) continue;
    for (const offset of place.recordOffsets) {
      head.writeUInt32LE(file.content.length, offset + recordSizeOffset);
      head.writeUInt32BE(file.content.length, offset + recordSizeOffset + 4);
    }
    contents.set(place.extent.sector, file.content);
  }
  const inOrder = [...contents].sort(([left], [right]) => left - right);
  return [head, ...inOrder.flatMap(([, content]) => [content, padding(content)])];
}

function padding(content: Buffer): Buffer {
  return Buffer.alloc((sectorSize - (content.length % sectorSize)) % sectorSize);
}
