import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';

/** Bytes; a key or a password is far shorter. */
const largestSecret = 64 * 1024;

/** What is wrong with a file that holds a secret, without its content. */
export interface SecretFileProblem {
  readonly message: string;
  readonly remedy: string;
}

/** Content of a file that holds a secret, or why it must not be used. */
export type SecretFile =
  | { readonly kind: 'read'; readonly content: string }
  | { readonly kind: 'refused'; readonly problem: SecretFileProblem };

/**
 * Reads a file that holds a secret. It must be a regular file that nobody but its owner can read or write; a file of
 * root may be readable for one group (`root:ubugi 0640`). Checked on the open descriptor, so that what was
 * checked is what is read.
 */
export async function openSecretFile(path: string): Promise<SecretFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    return refused(
      `cannot be opened (${systemErrorCode(error)})`,
      'create the file, or correct its path or owner',
    );
  }
  try {
    const { mode, size, uid } = await handle.stat();
    if ((mode & 0o170000) !== 0o100000) return refused('is not a regular file', 'name a file');
    const tooOpen = uid === 0 ? 0o027 : 0o077;
    if ((mode & tooOpen) !== 0) {
      return refused(
        `can be read or written by others (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`,
        `run \`chmod ${uid === 0 ? '640' : '600'}\` on it`,
      );
    }
    if (size === 0) return refused('is empty', 'put the secret into it');
    if (size > largestSecret) return refused(`is larger than ${largestSecret} bytes`, 'name the right file');
    return { kind: 'read', content: await handle.readFile('utf8') };
  } catch (error) {
    return refused(`cannot be read (${systemErrorCode(error)})`, 'check the file system');
  } finally {
    await handle.close();
  }
}

/** A password from its file, without the final newline. Fails with `configuration-invalid`, never naming the content. */
export async function readPassword(path: string): Promise<string> {
  const file = await openSecretFile(path);
  if (file.kind === 'refused') {
    throw new AppError('configuration-invalid', `${path} ${file.problem.message}; ${file.problem.remedy}`);
  }
  const password = file.content.replace(/\r?\n$/, '');
  if (password === '' || /[\0\r\n]/.test(password)) {
    throw new AppError(
      'configuration-invalid',
      `${path} must hold one line; write the password alone into it`,
    );
  }
  return password;
}

/** `ENOENT` and the like; never the message, which can repeat what was read. */
export function systemErrorCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}

function refused(message: string, remedy: string): SecretFile {
  return { kind: 'refused', problem: { message, remedy } };
}
