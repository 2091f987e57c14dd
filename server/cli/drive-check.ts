import { open, readFile } from 'node:fs/promises';
import { type AllowedSigner, parseAllowedSigners } from '../../schemas/drive-format/allowed-signers.ts';
import { imageInFile } from '../../schemas/drive-format/image-source.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { CheckedDrive, LocalWork } from './local-work.ts';

/**
 * The check of `ubugi verify`.
 * @param hostSigners file of trusted signers that is used if it exists and no other is named
 */
export function createDriveCheck(
  { validators, clock }: { readonly validators: Validators; readonly clock: Clock },
  { hostSigners }: { readonly hostSigners: string },
): LocalWork['verifyDrive'] {
  return async (file, trustedSigners) => {
    const signers = await readSigners(trustedSigners ?? hostSigners, trustedSigners !== undefined);
    return {
      verification: await checkFile(file, signers),
      trustedSigners: signers === undefined ? null : (trustedSigners ?? hostSigners),
    };
  };

  async function checkFile(
    file: string,
    trustedSigners: readonly AllowedSigner[] | undefined,
  ): Promise<CheckedDrive['verification']> {
    try {
      await using handle = await open(file, 'r');
      if (!(await handle.stat()).isFile())
        throw new AppError('not-found', `${file} is no regular file: name an image`);
      return verifyDrive(imageInFile(handle.fd), { validators, trustedSigners, now: clock.now() });
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw unreadable(file, error);
    }
  }
}

async function readSigners(file: string, required: boolean): Promise<readonly AllowedSigner[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
  const parsed = parseAllowedSigners(text);
  if (parsed.kind === 'valid') return parsed.signers;
  throw new AppError('configuration-invalid', `the trusted signers in ${file} are not valid:`, {
    details: {
      problems: parsed.problems.map(({ line, message }) => ({
        source: file,
        record: `line ${line}`,
        field: '',
        message,
        remedy: 'write `ubugi namespaces="ubugi-drive" ssh-ed25519 KEY`',
      })),
    },
  });
}

function unreadable(file: string, error: unknown): AppError {
  const { code } = error as NodeJS.ErrnoException;
  return new AppError(
    code === 'ENOENT' ? 'not-found' : 'storage-failed',
    `cannot read ${file} (${code}): correct its path, or make it readable`,
    { cause: error },
  );
}
