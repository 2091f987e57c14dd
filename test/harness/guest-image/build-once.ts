import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const LOCK_WAIT_SECONDS = 900;

/**
 * Gives the folder `finished`; the first caller makes it with `build`, in a folder beside it that is renamed when
 * complete. Other processes wait for that: flock(1) holds the lock, and the kernel drops it however the holder ends.
 */
export async function buildOnce(finished: string, build: (dir: string) => Promise<void>): Promise<string> {
  if (existsSync(finished)) return finished;
  await mkdir(dirname(finished), { recursive: true });
  // `cat` ends when this process closes its input or dies.
  const command = ['-w', String(LOCK_WAIT_SECONDS), `${finished}.lock`, 'sh', '-c', 'echo locked; exec cat'];
  const lock = execa('flock', command, {
    timeout: 2 * LOCK_WAIT_SECONDS * 1000,
    buffer: false,
    reject: false,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      lock.stdout.once('data', () => resolve());
      void lock.then(() => reject(new Error(`another process holds ${finished}.lock for too long`)));
    });
    if (existsSync(finished)) return finished;
    const dir = await mkdtemp(join(dirname(finished), 'building-'));
    try {
      await build(dir);
      await rename(dir, finished);
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
    return finished;
  } finally {
    lock.stdin.end();
    await lock;
  }
}
