import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildOnce } from './guest-image/build-once.ts';
import { recipeKey } from './guest-image/recipe.ts';
import { extractGuestRoot } from './guest-image/root-tree.ts';
import { createRootFolder } from './root-folder.ts';

/** What a Debian root file system for tests is made from; its hash names the cached tree. */
const recipe = {
  revision: 2,
  suite: 'bookworm',
  packages: ['chrony', 'ifupdown', 'openssh-server', 'strace', 'sudo', 'systemd', 'systemd-timesyncd-'],
} as const;

/** A scratch copy of a real Debian root file system that a test may change as it likes. */
export interface GuestRoot {
  /** Absolute path of the root. */
  readonly path: string;
  /** Runs a program in a chroot of the root; never rejects on its exit status. */
  run(
    argv: readonly [string, ...string[]],
    options?: { readonly input?: string },
  ): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;
  /** Removes the copy. */
  remove(): void;
}

/**
 * Makes the Debian tree once (debootstrap, needs root) and keeps it under `.cache/`.
 *
 * @returns its absolute path; treat it as read-only and copy it with {@link createGuestRoot}.
 */
export async function guestRootTemplate(): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const cache = join(import.meta.dirname, '../../.cache/guest-root');
  const finished = join(cache, key);
  if (existsSync(finished)) return finished;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  const include = recipe.packages.filter((name) => !name.endsWith('-'));
  await execa(
    'debootstrap',
    ['--variant=minbase', `--include=${include.join(',')}`, recipe.suite, building, await debianMirror()],
    { timeout: 600_000, stdin: 'ignore' },
  );
  for (const folder of [
    'usr/share/doc',
    'usr/share/locale',
    'usr/share/man',
    'var/cache/apt',
    'var/lib/apt',
  ]) {
    rmSync(join(building, folder), { recursive: true, force: true });
  }
  // Two test runs may build at once: the first rename wins, the other copy goes.
  try {
    renameSync(building, finished);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(finished)) throw error;
  }
  return finished;
}

/** The root with every tool in it, without the kernel that it shares with the guest images. */
async function toolsRootTemplate(): Promise<string> {
  const cache = join(import.meta.dirname, '../../.cache/guest-root');
  return buildOnce(join(cache, recipeKey('tools')), async (folder) => {
    await extractGuestRoot(folder, 'tools');
    rmSync(join(folder, 'usr/lib/modules'), { recursive: true, force: true });
  });
}

/**
 * A fresh root for one test, with what the template has.
 *
 * @param kind `plain`: what most guests have. `tools`: every tool that a back end is for, from which a test removes those
 * that the guest in question has not; removing from /usr is fine, writing to a file in place is not.
 */
export async function createGuestRoot(kind: 'plain' | 'tools' = 'plain'): Promise<GuestRoot> {
  const template = await (kind === 'plain' ? guestRootTemplate() : toolsRootTemplate());
  const { path, remove } = await createRootFolder(template);
  const rest = readdirSync(template).filter((name) => !['usr', 'dev', 'proc', 'sys'].includes(name));
  await execa('cp', ['-a', ...rest.map((name) => join(template, name)), path], { timeout: 60_000 });
  for (const name of ['dev', 'proc', 'sys']) mkdirSync(join(path, name), { recursive: true });
  const devices = ['null', 'zero', 'random', 'urandom', 'tty'].map((device) => `/dev/${device}`);
  await execa('cp', ['-a', ...devices, join(path, 'dev')], { timeout: 10_000 });
  return {
    path,
    async run(argv, options = {}) {
      const result = await execa('chroot', [path, ...argv], {
        reject: false,
        timeout: 60_000,
        extendEnv: false,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
        ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      });
      return { status: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    remove,
  };
}

/** The mirror that this machine's own apt uses. */
async function debianMirror(): Promise<string> {
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME)'], {
    timeout: 30_000,
  });
  const line = stdout.split('\n').find((entry) => entry.endsWith(` ${recipe.suite}`));
  if (line === undefined) throw new Error(`apt has no source for ${recipe.suite}: add one to sources.list`);
  return line.slice(0, line.indexOf(' '));
}
