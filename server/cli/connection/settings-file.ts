import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { RecordProblem } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';

const keys = ['server', 'socket', 'tokenFile', 'caFile'] as const;
const pathKeys: ReadonlySet<string> = new Set(['socket', 'tokenFile', 'caFile']);
const largestBytes = 65_536;

/** A CLI configuration file: `server` (URL) or `socket`, and `tokenFile`, `caFile`. Paths are absolute. */
export type FileSettings = Partial<Readonly<Record<(typeof keys)[number], string>>>;

/**
 * Reads a CLI configuration file; relative paths in it are relative to its folder.
 * @returns undefined if there is no such file
 * Fails with `configuration-invalid` and all problems if it is not valid.
 */
export async function readSettingsFile(path: string): Promise<FileSettings | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AppError('configuration-invalid', `cannot read ${path} (${code}): make it readable or remove it`, {
      cause: error,
    });
  }
  if (text.length > largestBytes) throw new AppError('configuration-invalid', `${path} is larger than 64 KiB`);
  return parseSettings(path, text);
}

function parseSettings(path: string, text: string): FileSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, schema: 'core' });
  const problems: RecordProblem[] = [];
  const settings: { -readonly [K in keyof FileSettings]: string } = {};

  function wrong(offset: number, field: string, message: string, remedy: string): void {
    problems.push({ source: path, record: `line ${lines.linePos(offset).line}`, field, message, remedy });
  }

  for (const error of document.errors) wrong(error.pos[0], '', error.code.toLowerCase(), 'correct the YAML');
  if (isMap(document.contents)) {
    for (const { key, value } of document.contents.items) {
      const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
      const name = isScalar(key) ? keys.find((known) => known === key.value) : undefined;
      if (name === undefined) {
        wrong(offset, isScalar(key) ? String(key.value) : '', 'is not a known field', `use ${keys.join(', ')}`);
      } else if (!isScalar(value) || typeof value.value !== 'string' || value.value === '') {
        wrong(offset, name, 'is not a text', 'give a text');
      } else {
        settings[name] = pathKeys.has(name) ? resolve(dirname(path), value.value) : value.value;
      }
    }
  } else if (document.contents !== null && problems.length === 0) {
    wrong(0, '', 'is not a mapping', `write KEY: VALUE with keys ${keys.join(', ')}`);
  }
  if (settings.server !== undefined && settings.socket !== undefined) {
    wrong(0, 'socket', 'stands beside `server`', 'keep one of the two');
  }
  if (problems.length > 0) {
    throw new AppError('configuration-invalid', `${path} is not valid`, { details: { problems } });
  }
  return settings;
}
