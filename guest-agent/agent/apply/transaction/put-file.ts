import type { System } from '../../system/system.ts';
import { temporaryPath } from './journal.ts';

/**
 * Replaces one file of Ubugi's own without a journal. Does nothing if it has that content already.
 *
 * @param durable on disk before it returns.
 */
export function putFile(path: string, text: string, system: System, durable: boolean): void {
  const mode = 0o600;
  const entry = system.files.entry(path);
  if (entry?.kind === 'file' && entry.mode === mode && system.files.readText(path) === text) return;
  const temporary = temporaryPath(path);
  if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
  try {
    system.files.create(temporary, { text }, { mode, uid: 0, gid: 0 }, durable);
    system.files.rename(temporary, path);
  } catch (error) {
    // A full disk has no room for half a file.
    if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
    throw error;
  }
  if (durable) system.files.syncFolder(path.slice(0, path.lastIndexOf('/')));
}

/** Makes a folder of Ubugi's own, and those above it, where they are missing. */
export function ensureFolder(path: string, mode: number, system: System): void {
  if (system.files.entry(path) !== undefined) return;
  const above = path.slice(0, path.lastIndexOf('/'));
  if (above !== '') ensureFolder(above, 0o755, system);
  system.files.createFolder(path, { mode, uid: 0, gid: 0 });
}
