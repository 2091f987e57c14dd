import { AppError } from '../domain/errors.ts';

const remedies: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space is left there; free some'],
  ['EDQUOT', 'the disk quota is used up; raise it or free some space'],
  ['EROFS', 'the file system is read-only; look at the kernel log'],
  ['EIO', 'the disk failed; look at the kernel log'],
  ['EACCES', 'the server may not write there; correct owner and mode'],
  ['EPERM', 'the server may not write there; correct owner and mode'],
  ['EMFILE', 'too many files are open; raise the limit'],
]);

/**
 * The error to throw for what a file operation threw: `storage-failed` where the system refused it, anything else
 * as it was. @param what what could not be done, with file or folder, such as `keep the drive in /x`.
 */
export function storageFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const remedy = remedies.get(code) ?? `the system said ${code}`;
  return new AppError('storage-failed', `Cannot ${what}: ${remedy}.`, { cause: error });
}
