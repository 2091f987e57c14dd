import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';

/** What a token looks like; checked here so that a wrong file is never sent to a server. */
const tokenForm = /^[A-Za-z0-9._~+/=-]{16,512}$/;
const largestBytes = 4096;

/** The token, or `configuration-invalid` naming where it came from; the text itself is never repeated. */
export function checkedToken(text: string, origin: string): string {
  const token = text.trim();
  if (tokenForm.test(token)) return token;
  throw new AppError(
    'configuration-invalid',
    `${origin} does not hold a token: put in the secret that \`ubugi token create\` printed, alone on one line`,
  );
}

/** Reads the token that a file holds. Fails with `configuration-invalid` if anyone on the host can read the file. */
export async function readTokenFile(path: string): Promise<string> {
  let text: string;
  let mode: number;
  try {
    const status = await stat(path);
    mode = status.mode;
    if (status.size > largestBytes)
      throw new AppError('configuration-invalid', `${path} is too large for a token`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'configuration-invalid',
      `cannot read the token file ${path} (${(error as NodeJS.ErrnoException).code}): correct its path or its owner`,
      { cause: error },
    );
  }
  if ((mode & 0o007) !== 0) {
    throw new AppError(
      'configuration-invalid',
      `the token file ${path} is open to everyone on this host: run \`chmod 600 ${path}\``,
    );
  }
  return checkedToken(text, path);
}
