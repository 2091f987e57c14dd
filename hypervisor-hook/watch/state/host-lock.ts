import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';

/** A lock of the whole host, held until it is released or the process ends, however that happens. */
export interface HostLock {
  release(): Promise<void>;
}

/**
 * Takes the lock on a file, or gives undefined where another process has it. Node has no flock(2), but flock(1) takes
 * it on the descriptor that it is given, and the lock stays with this process's open file.
 * @param path made if absent, for root only
 * @param waitSeconds how long to wait for another process
 * @throws Error where flock(1) or the file cannot be used
 */
export async function takeHostLock(path: string, waitSeconds = 0): Promise<HostLock | undefined> {
  const file = await open(path, 'a', 0o600);
  try {
    const status = await flock(file, waitSeconds);
    if (status === 0) return { release: async () => file.close() };
    if (status !== 1)
      throw new Error(`flock ended with status ${status ?? 'unknown'}; is util-linux installed?`);
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function flock(file: FileHandle, waitSeconds: number): Promise<number | null> {
  const how = waitSeconds === 0 ? ['-n'] : ['-w', String(waitSeconds)];
  const child = spawn('flock', [...how, '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}
