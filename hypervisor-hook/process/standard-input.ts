import type { Readable } from 'node:stream';

/** Reads a stream to its end as UTF-8; undefined if it is longer than `mostBytes`. */
export async function readAll(stream: Readable, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
