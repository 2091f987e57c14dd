import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildOnce } from './guest-image/build-once.ts';

const cache = join(import.meta.dirname, '../../.cache/debian-packages');
const deadline = { timeout: 120_000, stdin: 'ignore' } as const;

/**
 * Puts the files of Debian packages into a root, over those that are there: for tools that cannot be installed beside
 * others. None of their scripts is run. The packages are fetched once and kept under `.cache/`.
 */
export async function addDebianPackages(root: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const folder = await buildOnce(join(cache, name), (building) => download(name, building));
    const [file = ''] = await readdir(folder);
    const contents = execa('dpkg-deb', ['--fsys-tarfile', join(folder, file)], {
      ...deadline,
      encoding: 'buffer',
    });
    // A plain extraction would put folders in the place of the links /lib and /sbin.
    const { stdout } = await contents;
    await execa('tar', ['-x', '-C', root, '--keep-directory-symlink'], { timeout: 60_000, input: stdout });
  }
}

async function download(name: string, folder: string): Promise<void> {
  // apt fetches as a user of its own.
  const open = join(folder, 'open');
  await mkdir(open);
  await chmod(folder, 0o755);
  await chmod(open, 0o777);
  await execa('apt-get', ['download', '-qq', name], { ...deadline, cwd: open });
  const [file = ''] = await readdir(open);
  await execa('mv', [join(open, file), folder], deadline);
  await rm(open, { recursive: true });
}
