import { fstatSync, readSync } from 'node:fs';

/** Random access to the bytes of an image. */
export interface ImageSource {
  /** Bytes. */
  readonly size: number;
  /** The bytes at `offset`; fewer than `length` only at the end of the image. */
  read(offset: number, length: number): Buffer;
}

/** An image that is in memory. */
export function imageInMemory(bytes: Uint8Array): ImageSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

/**
 * An image in an open regular file. Reads at absolute positions, so that the descriptor's own position does
 * not matter; the caller closes it. Reads fail with the system's error.
 */
export function imageInFile(descriptor: number): ImageSource {
  const { size } = fstatSync(descriptor);
  return {
    size,
    read: (offset, length) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      let done = 0;
      while (done < buffer.length) {
        const count = readSync(descriptor, buffer, done, buffer.length - done, offset + done);
        if (count === 0) return buffer.subarray(0, done);
        done += count;
      }
      return buffer;
    },
  };
}
