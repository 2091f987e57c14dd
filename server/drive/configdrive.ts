import { gzipSync } from 'node:zlib';

/** An image as Ironic takes a config drive: base64 of gzip, in one line (Bare Metal API, `configdrive`). */
export function configdrive(image: Buffer): Buffer {
  return Buffer.from(gzipSync(image).toString('base64'));
}
