import { readFile } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';

/** Certificates in PEM. Fails with `configuration-invalid`. */
export async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError(
      'configuration-invalid',
      `cannot read the certificates ${path}: correct the path or its owner`,
      { cause },
    );
  }
}
