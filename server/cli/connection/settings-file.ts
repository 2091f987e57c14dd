import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import type { Validated } from '../../../schemas/validation/validator.ts';
import { readYamlDocument } from '../../../schemas/validation/yaml-document.ts';
import { AppError } from '../../domain/errors.ts';

const keys = ['server', 'socket', 'tokenFile', 'caFile'] as const;
const limits = { characters: 65_536, depth: 4, values: 100 };

/** A CLI configuration file: `server` (URL) or `socket`, and `tokenFile`, `caFile`. */
export type FileSettings = Partial<Readonly<Record<(typeof keys)[number], string>>>;

/**
 * Reads a CLI configuration file. Paths in it are relative to its folder and come back absolute.
 * @returns undefined if there is no such file
 * Fails with `configuration-invalid` and all problems if it is not valid.
 */
export async function readSettingsFile(path: string): Promise<FileSettings | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AppError(
      'configuration-invalid',
      `cannot read ${path} (${code}): make it readable or remove it`,
      {
        cause: error,
      },
    );
  }
  const reading = readYamlDocument(text, path, validateSettings, limits);
  if (reading.kind === 'valid') return withAbsolutePaths(reading.value, dirname(path));
  const problems = reading.problems.map(({ line, pointer, message, remedy }) => ({
    source: path,
    record: `line ${line}`,
    field: pointer,
    message,
    remedy,
  }));
  throw new AppError('configuration-invalid', `${path} is not valid:`, { details: { problems } });
}

function validateSettings(value: unknown): Validated<FileSettings> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const remedy = `write KEY: VALUE with keys ${keys.join(', ')}`;
    return { kind: 'invalid', problems: [{ pointer: '', message: 'is not a mapping', remedy }] };
  }
  const problems: FieldProblem[] = [];
  for (const [key, setting] of Object.entries(value)) {
    if (!keys.some((known) => known === key)) {
      problems.push({
        pointer: `/${key}`,
        message: 'is not a known field',
        remedy: `use ${keys.join(', ')}`,
      });
    } else if (typeof setting !== 'string' || setting === '') {
      problems.push({ pointer: `/${key}`, message: 'is not a text', remedy: 'give a text' });
    }
  }
  if ('server' in value && 'socket' in value) {
    problems.push({ pointer: '/socket', message: 'stands beside `server`', remedy: 'keep one of the two' });
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', value };
}

function withAbsolutePaths(settings: FileSettings, folder: string): FileSettings {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, key === 'server' ? value : resolve(folder, value)]),
  );
}
