import { join } from 'node:path';

/** The daemon's own folder below the state folder: its state, spool, status and lock. */
export function watchFolder(stateFolder: string): string {
  return join(stateFolder, 'watch');
}

/** Name of the file in it that the running daemon holds locked. */
export const lockFileName = 'lock';
