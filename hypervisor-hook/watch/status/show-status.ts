import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '../../drive-files/read-regular-file.ts';
import { takeHostLock } from '../state/host-lock.ts';
import { lockFileName } from '../watch-folder.ts';
import type { HostStatus } from './host-status.ts';
import { renderStatus } from './render-status.ts';
import { statusFileName } from './status-writer.ts';

/** What to print, and whether the daemon runs. */
export interface ShownStatus {
  readonly text: string;
  readonly running: boolean;
}

const mostStatusBytes = 64 * 1024 * 1024;

/** Reads what the daemon wrote of itself. @param folder the daemon's @throws Error where it cannot be read */
export async function showStatus(folder: string, json: boolean, now: Date): Promise<ShownStatus> {
  const path = join(folder, statusFileName);
  const reading = await readRegularFile(path, { mostBytes: mostStatusBytes });
  if (reading.kind === 'unusable') throw new Error(`${path} ${reading.reason}; run it as root`);
  const running = reading.kind === 'file' && (await isRunning(folder));
  const status =
    reading.kind === 'file' ? (JSON.parse(reading.bytes.toString('utf8')) as HostStatus) : undefined;
  if (json) return { text: `${JSON.stringify({ running, ...status }, undefined, 2)}\n`, running };
  if (status !== undefined) return { text: renderStatus(status, running, now), running };
  const text = `watch is NOT RUNNING, and never ran with this stateFolder (${path} does not exist)\n`;
  return { text, running };
}

/** Whether somebody holds the daemon's lock. A daemon that starts at this moment waits for the moment it takes. */
async function isRunning(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeHostLock(join(folder, lockFileName));
  await lock?.release();
  return lock === undefined;
}
