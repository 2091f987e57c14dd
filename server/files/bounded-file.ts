import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError, type ErrorCode } from '../domain/errors.ts';

/** What a reading of a file is for and how much of it is taken. */
export interface BoundedFile {
  readonly path: string;
  /** Bytes; a larger file is refused before it is read. */
  readonly maximumBytes: number;
  /** Code of the errors, and how the messages begin: `inventory cmdb`. */
  readonly code: ErrorCode;
  readonly subject: string;
}

const chunkBytes = 1024 * 1024;

/**
 * The bytes of a regular file. Fails with `file.code` if there is none, it cannot be read or is too large.
 * A FIFO or device in its place is refused, not waited for.
 */
export async function readBoundedFile(file: BoundedFile, signal: AbortSignal): Promise<Buffer> {
  try {
    signal.throwIfAborted();
    const handle = await open(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw fail(file, 'is not a regular file', 'name a file');
      const chunks: Buffer[] = [];
      let length = 0;
      for (;;) {
        signal.throwIfAborted();
        // One byte more than allowed, so that a file that grows while it is read is noticed too.
        const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, file.maximumBytes + 1 - length));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
        if (bytesRead === 0) return Buffer.concat(chunks, length);
        chunks.push(chunk.subarray(0, bytesRead));
        length += bytesRead;
        if (length > file.maximumBytes) {
          throw fail(
            file,
            `is larger than ${file.maximumBytes} bytes`,
            'split it or leave out what is not needed',
          );
        }
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (signal.aborted) throw fail(file, 'was not read to its end', 'try again', error);
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw fail(
      file,
      `cannot be read (${reason})`,
      'check that it exists and that the server may read it',
      error,
    );
  }
}

/** The same as text, without byte order mark. Bytes that are not UTF-8 fail, naming the line. */
export async function readBoundedText(file: BoundedFile, signal: AbortSignal): Promise<string> {
  const bytes = await readBoundedFile(file, signal);
  if (!isUtf8(bytes)) {
    throw fail(file, `is not UTF-8 at line ${lineOfBadBytes(bytes)}`, 'save it as UTF-8');
  }
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function lineOfBadBytes(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end)) || end < 0) return line;
    start = end + 1;
    line += 1;
  }
}

function fail(file: BoundedFile, what: string, remedy: string, cause?: unknown): AppError {
  return new AppError(file.code, `${file.subject}: ${file.path} ${what}: ${remedy}`, { cause });
}
