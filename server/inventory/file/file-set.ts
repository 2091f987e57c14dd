import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { printable } from '../../domain/printable.ts';
import { UnreadableFile } from './raw-record.ts';

/** A file of an inventory as it lies there. */
export interface InventoryFile {
  readonly path: string;
  readonly name: string;
  /** The path was configured, and may be a symbolic link; one found in a folder is not followed. */
  readonly mayBeLink: boolean;
  readonly bytes: number;
  /** Another for every change of its content. */
  readonly stamp: string;
}

/** A file is another than the one that was listed, is gone, or changed while it was read. */
export class ChangedFile extends Error {}

/** The extensions that say what is in a file. */
export const extensions: readonly string[] = ['.csv', '.json', '.yaml', '.yml'];

/** The one file of a path, or those directly in the folder that it names, by name. Fails with {@link UnreadableFile} or {@link ChangedFile}. */
export async function listFiles(path: string, mostFiles: number): Promise<readonly InventoryFile[]> {
  const status = await statusOf(path, true);
  if (!status.isDirectory()) {
    if (!hasFormat(path)) {
      throw new UnreadableFile(
        undefined,
        `is none of ${extensions.join(', ')}`,
        'give the file such an extension, or name a folder',
      );
    }
    return [inventoryFile(path, status, true)];
  }
  // Editors and copy programs keep their unfinished files under names that start with a dot.
  const names = (await readFolder(path)).filter((name) => !name.startsWith('.') && hasFormat(name));
  if (names.length > mostFiles) {
    throw new UnreadableFile(undefined, `has more than ${mostFiles} files`, 'join some of them');
  }
  const files: InventoryFile[] = [];
  for (const name of names.toSorted(byCode)) {
    const file = join(path, name);
    files.push(inventoryFile(file, await statusOf(file, false), false));
  }
  return files;
}

/** What tells whether a file is still the one that was listed, unchanged. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Equal for files of the same names and contents. @param contents SHA-256 by name */
export function fingerprint(contents: ReadonlyMap<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([...contents]))
    .digest('hex');
}

function inventoryFile(path: string, status: BigIntStats, mayBeLink: boolean): InventoryFile {
  const name = basename(path);
  const is = mayBeLink ? 'is' : `has ${printable(name)}, which is`;
  if (status.isSymbolicLink()) {
    throw new UnreadableFile(undefined, `${is} a symbolic link`, 'put the file itself into the folder');
  }
  if (!status.isFile()) {
    throw new UnreadableFile(undefined, `${is} not a regular file`, 'name a file, or give it another name');
  }
  return { path, name, mayBeLink, bytes: Number(status.size), stamp: stampOf(status) };
}

async function statusOf(path: string, follow: boolean): Promise<BigIntStats> {
  try {
    return await (follow ? stat : lstat)(path, { bigint: true });
  } catch (error) {
    if (!follow && isGone(error)) throw new ChangedFile();
    throw cannotBeRead(error);
  }
}

async function readFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw cannotBeRead(error);
  }
}

/** The failure of a system call on a file. */
export function cannotBeRead(error: unknown): UnreadableFile {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new UnreadableFile(
    undefined,
    `cannot be read (${reason})`,
    'check that it exists and that the server may read it',
    error,
  );
}

/** Whether there is no such file any more, or a symbolic link in its place that is not followed. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ELOOP';
}

function hasFormat(name: string): boolean {
  return extensions.includes(extname(name).toLowerCase());
}

/** Independent of the machine's language. */
function byCode(one: string, other: string): number {
  return one < other ? -1 : 1;
}
