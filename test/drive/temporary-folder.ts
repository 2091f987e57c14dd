import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A folder that goes with its scope. */
export interface TemporaryFolder {
  readonly path: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes an empty folder. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ubugi-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Makes an empty folder on a file system of so many bytes. Needs root. */
export async function smallFileSystem(bytes: number): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ubugi-small-'));
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { timeout: 10_000 });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await execa('umount', [path], { timeout: 10_000 });
      await rm(path, { recursive: true });
    },
  };
}
