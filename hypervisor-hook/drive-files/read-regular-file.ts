import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as errorNumbers } from 'node:os';

/** A whole file, or why there is none to be had. */
export type FileReading =
  /** `mode`: type and permission bits, as in stat(2). */
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'absent' }
  /** A device, a link, too large, or not readable; `reason` continues a sentence that starts with the path. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** How a file is read. */
export interface FileReadingOptions {
  readonly mostBytes: number;
  /** Whether the path itself may be a symbolic link; not by default. */
  readonly followLinks?: boolean;
}

/** Reads a regular file whole. A pipe or a device does not make the process wait. Never throws. */
export async function readRegularFile(path: string, options: FileReadingOptions): Promise<FileReading> {
  const links = options.followLinks === true ? 0 : constants.O_NOFOLLOW;
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | links);
    const status = await file.stat();
    if (!status.isFile()) return unusable('is not a regular file');
    if (status.size > options.mostBytes) return unusable(`is larger than ${options.mostBytes} bytes`);
    const bytes = Buffer.allocUnsafe(status.size);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) return unusable('was cut while it was read');
      filled += bytesRead;
    }
    return { kind: 'file', bytes, mode: status.mode };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return { kind: 'absent' };
    return unusable(code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code})`);
  }
}

/** The name of a failed system call's error, such as `ENOSPC`; `unknown` for any other error. */
export function systemErrorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return 'unknown';
  // libuv has no name for some, such as EDQUOT: it gives the negated number.
  const number = 'errno' in error && typeof error.errno === 'number' ? -error.errno : undefined;
  const [name] = Object.entries(errorNumbers.errno).find(([, known]) => known === number) ?? [];
  return name ?? String(error.code);
}

function unusable(reason: string): FileReading {
  return { kind: 'unusable', reason };
}
