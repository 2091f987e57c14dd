import { type FileHandle, open } from 'node:fs/promises';
import { type AllowedSigner, parseAllowedSigners } from '../../schemas/drive-format/allowed-signers.ts';
import { AppError } from '../domain/errors.ts';
import { systemErrorCode } from './secret-file.ts';

/** Bytes; thousands of lines. */
const largestFile = 1024 * 1024;

/** Who an allowed signers file (ssh-keygen(1)) names, or why it must not be used. */
export type SignersFile =
  | { readonly kind: 'read'; readonly signers: readonly AllowedSigner[] }
  | { readonly kind: 'refused'; readonly problem: { readonly message: string; readonly remedy: string } };

/**
 * Reads an allowed signers file. It must be a regular file that only its owner can write, because who writes to it says
 * whose exports are taken. Checked on the open descriptor, so that what was checked is what is read.
 */
export async function openSignersFile(path: string): Promise<SignersFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    return refused(
      `cannot be opened (${systemErrorCode(error)})`,
      'create the file, or correct its path or permissions',
    );
  }
  try {
    const { mode, size } = await handle.stat();
    if ((mode & 0o170000) !== 0o100000) return refused('is not a regular file', 'name a file');
    if ((mode & 0o022) !== 0) {
      return refused(
        `can be written by others (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`,
        'run `chmod 644` on it',
      );
    }
    if (size > largestFile) return refused(`is larger than ${largestFile} bytes`, 'name the right file');
    const parsed = parseAllowedSigners(await handle.readFile('utf8'));
    if (parsed.kind === 'valid') return { kind: 'read', signers: parsed.signers };
    const [problem] = parsed.problems;
    return refused(
      `is wrong in line ${problem?.line ?? 1}: ${problem?.message ?? ''}`,
      'write what `ubugi trusted-signers --for export` prints at the other site',
    );
  } catch (error) {
    return refused(`cannot be read (${systemErrorCode(error)})`, 'check the file system');
  } finally {
    await handle.close();
  }
}

/** The same where there must be one. Fails with `configuration-invalid`. @param path undefined: nobody is named */
export async function readSigners(path: string | undefined): Promise<readonly AllowedSigner[]> {
  if (path === undefined) return [];
  const file = await openSignersFile(path);
  if (file.kind === 'read') return file.signers;
  const { message, remedy } = file.problem;
  throw new AppError('configuration-invalid', `exchange.trustedSigners: ${path} ${message}; ${remedy}`);
}

function refused(message: string, remedy: string): SignersFile {
  return { kind: 'refused', problem: { message, remedy } };
}
