import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ChangedFile, cannotBeRead, type InventoryFile, isGone, stampOf } from './file-set.ts';
import { UnreadableFile } from './raw-record.ts';

/** A file that is being read. */
export interface FileText {
  /** The text in pieces, without byte order mark. Once only. */
  readonly pieces: AsyncGenerator<string>;
  /** SHA-256 of the bytes; only after the last piece. */
  digest(): string;
}

const chunkBytes = 256 * 1024;

/**
 * Reads a file in pieces that hold whole characters. Fails with {@link UnreadableFile}, with {@link ChangedFile}, or
 * with the reason of the signal.
 * @param mostBytes more fail
 */
export function readFileText(file: InventoryFile, mostBytes: number, signal: AbortSignal): FileText {
  const hash = createHash('sha256');

  async function* decode(): AsyncGenerator<string> {
    let line = 1;
    let rest: Buffer = Buffer.alloc(0);
    let isFirst = true;
    for await (const bytes of chunks(file, mostBytes, signal)) {
      hash.update(bytes);
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const end = wholeCharacters(all);
      const text = toText(all.subarray(0, end), line);
      rest = all.subarray(end);
      line += lineBreaks(all.subarray(0, end));
      yield isFirst && text.startsWith('\ufeff') ? text.slice(1) : text;
      isFirst = false;
    }
    if (rest.length > 0) toText(rest, line);
  }

  return { pieces: decode(), digest: () => hash.digest('hex') };
}

async function* chunks(file: InventoryFile, mostBytes: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  try {
    if ((await stamp(handle)) !== file.stamp) throw new ChangedFile();
    let length = 0;
    for (;;) {
      signal.throwIfAborted();
      const chunk = Buffer.allocUnsafeSlow(chunkBytes);
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > mostBytes) {
        throw new UnreadableFile(
          undefined,
          `is larger than ${mostBytes} bytes`,
          'split the inventory or leave out what is not needed',
        );
      }
      yield chunk.subarray(0, bytesRead);
    }
    if ((await stamp(handle)) !== file.stamp) throw new ChangedFile();
  } catch (error) {
    if (error instanceof ChangedFile || error instanceof UnreadableFile || signal.aborted) throw error;
    throw cannotBeRead(error);
  } finally {
    await handle.close();
  }
}

/** What has come into the place of a listed file meanwhile is not waited for (FIFO), nor followed. */
async function openFile(file: InventoryFile): Promise<FileHandle> {
  const noFollow = file.mayBeLink ? 0 : constants.O_NOFOLLOW;
  try {
    return await open(file.path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
  } catch (error) {
    if (isGone(error)) throw new ChangedFile();
    throw cannotBeRead(error);
  }
}

async function stamp(handle: FileHandle): Promise<string> {
  return stampOf(await handle.stat({ bigint: true }));
}

/** Bytes up to the last character that may go on in the next chunk (RFC 3629). */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function toText(bytes: Buffer, firstLine: number): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let line = firstLine;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  throw new UnreadableFile(line, 'is not UTF-8', 'save it as UTF-8');
}

function lineBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
