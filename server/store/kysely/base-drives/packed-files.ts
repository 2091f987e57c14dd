import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BaseDriveFile } from '../../ports/base-drives.ts';

/** Bytes that packed files may grow to; more is never recorded. */
const largestPack = 64 * 1024 * 1024;

/** Each path with the position of its content. */
interface Head {
  readonly paths: ReadonlyArray<readonly [path: string, content: number]>;
  /** Bytes of each content. */
  readonly sizes: readonly number[];
}

/**
 * Files as bytes for a column: the length of a head, the head in JSON, then every content once, all of it deflated
 * (RFC 1951). Nova writes the same files into a dozen dated folders: 120 kB become 10 kB.
 */
export function packFiles(files: readonly BaseDriveFile[]): Buffer {
  const contents: Buffer[] = [];
  const paths = files.map(({ path, content }) => {
    const known = contents.findIndex((other) => other.equals(content));
    return [path, known === -1 ? contents.push(content) - 1 : known] as const;
  });
  const head: Head = { paths, sizes: contents.map(({ length }) => length) };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return deflateRawSync(Buffer.concat([length, json, ...contents]), { level: 1 });
}

/** The files that `packFiles` packed, in the same order. Throws on bytes that it did not write. */
export function unpackFiles(packed: Buffer): readonly BaseDriveFile[] {
  const bytes = inflateRawSync(packed, { maxOutputLength: largestPack });
  const start = 4 + bytes.readUInt32LE(0);
  const { paths, sizes } = JSON.parse(bytes.toString('utf8', 4, start)) as Head;
  let position = start;
  const contents = sizes.map((size) => {
    position += size;
    return bytes.subarray(position - size, position);
  });
  return paths.map(([path, index]) => {
    const content = contents[index];
    if (content === undefined) throw new Error(`packed files without a content ${index}`);
    return { path, content };
  });
}
