import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';

/** Where a root file system for one test is made. */
export interface RootFolder {
  /** Absolute path of the root; it has /usr and nothing else. */
  readonly path: string;
  /** Takes it away, with whatever is mounted in it. */
  readonly remove: () => void;
}

/**
 * A folder with the template's /usr, which a test may change as it likes, in memory: a sync then waits for no disk, nor for
 * what other tests write there. Without the right to mount, a folder on the disk.
 */
export async function createRootFolder(template: string): Promise<RootFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'ubugi-guest-root-'));
  // mkdtemp makes it 0700; users of the guest have to get past its root.
  chmodSync(folder, 0o755);
  return (await mountInMemory(folder, template)) ?? (await copyOnDisk(folder, template));
}

async function mountInMemory(folder: string, template: string): Promise<RootFolder | undefined> {
  const mount = async (...argv: readonly string[]): Promise<boolean> =>
    !(await execa('mount', argv, { reject: false, timeout: 10_000 })).failed;
  if (!(await mount('-t', 'tmpfs', '-o', 'size=1g,mode=755', 'tmpfs', folder))) return undefined;
  const [path, upper, work] = ['root', 'usr', 'work'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(join(path, 'usr'), { recursive: true });
  mkdirSync(upper);
  mkdirSync(work);
  const layers = `lowerdir=${join(template, 'usr')},upperdir=${upper},workdir=${work}`;
  const isMounted = await mount('-t', 'overlay', '-o', layers, 'overlay', join(path, 'usr'));
  const remove = (): void => {
    // Lazily: what a test has left running there keeps its files, and the folder goes all the same.
    execaSync('umount', ['--recursive', '--lazy', folder], { timeout: 10_000 });
    rmdirSync(folder);
  };
  if (isMounted) return { path, remove };
  execaSync('umount', [folder], { timeout: 10_000 });
  return undefined;
}

/** /usr is hard-linked, since nothing writes there in place; on another file system it is copied. */
async function copyOnDisk(path: string, template: string): Promise<RootFolder> {
  const linked = await execa('cp', ['-al', join(template, 'usr'), path], { reject: false, timeout: 60_000 });
  if (linked.failed) {
    rmSync(join(path, 'usr'), { recursive: true, force: true });
    await execa('cp', ['-a', join(template, 'usr'), path], { timeout: 120_000 });
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
