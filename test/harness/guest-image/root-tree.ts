import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readAptSources } from './apt-sources.ts';
import { buildOnce } from './build-once.ts';
import { recipe, recipeKey } from './recipe.ts';

const CACHE = join(import.meta.dirname, '../../../.cache/guest-image');
const BUILD_DEADLINE = { timeout: 600_000, stdin: 'ignore' } as const;

/** The cached parts of the guest image. */
export interface GuestTree {
  /** tar(1) archive of the root file system. */
  readonly archive: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** The guest image's parts, built at the first call: takes some two minutes, needs root and a Debian mirror. */
export async function guestTree(): Promise<GuestTree> {
  const dir = await buildOnce(join(CACHE, recipeKey()), buildTree);
  return { archive: join(dir, 'root.tar'), kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.img') };
}

/** Unpacks the guest's root file system into the folder `dir`, which is made. Needs root. */
export async function extractGuestRoot(dir: string): Promise<void> {
  const { archive } = await guestTree();
  await mkdir(dir, { recursive: true });
  await execa('tar', ['-C', dir, '--numeric-owner', '-xpf', archive], BUILD_DEADLINE);
}

async function buildTree(dir: string): Promise<void> {
  const root = join(dir, 'root');
  const sources = await readAptSources(recipe.suite);
  const mirror = sources.mirror === undefined ? [] : [sources.mirror];
  const base = ['--variant=minbase', `--include=${recipe.base.join(',')}`, recipe.suite, root, ...mirror];
  await execa('debootstrap', base, BUILD_DEADLINE);
  // apt resolves across updates and security updates, which debootstrap does not.
  if (sources.lines.length > 0) {
    await writeFile(join(root, 'etc/apt/sources.list'), `${sources.lines.join('\n')}\n`);
  }
  const dpkgOptions = ['force-unsafe-io', ...recipe.excludedPaths.map((path) => `path-exclude=${path}`)];
  await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/guest-image'), `${dpkgOptions.join('\n')}\n`);
  const aptSettings = join(root, 'etc/apt/apt.conf.d/99host');
  await copyAptProxy(aptSettings);
  await inRoot(root, ['apt-get', 'update', '-qq']);
  await inRoot(root, ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...recipe.packages]);
  await configureInitrd(root);
  await inRoot(root, ['update-initramfs', '-u']);
  await rm(aptSettings, { force: true });
  await finishRoot(root);
  await moveBootFiles(root, dir);
  const archive = ['-C', root, '--numeric-owner', '-cf', join(dir, 'root.tar'), '.'];
  await execa('tar', archive, BUILD_DEADLINE);
  await rm(root, { recursive: true });
}

/** Runs a program of the guest in its root file system. Fails unless it succeeds. */
export async function inRoot(root: string, argv: readonly string[]): Promise<void> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  await execa('chroot', [root, ...argv], { ...BUILD_DEADLINE, env });
}

/** The guest's packages come through the proxy that this machine's apt uses, if any; it does not stay in the image. */
async function copyAptProxy(path: string): Promise<void> {
  const { stdout } = await execa('apt-config', ['dump', 'Acquire'], { timeout: 30_000 });
  const lines = stdout.split('\n').filter((line) => /^Acquire::https?::Proxy /.test(line));
  await writeFile(path, `${lines.join('\n')}\n`);
}

async function configureInitrd(root: string): Promise<void> {
  const settings = join(root, 'etc/initramfs-tools/conf.d');
  await mkdir(settings, { recursive: true });
  await writeFile(join(settings, 'guest-image'), 'MODULES=list\nCOMPRESS=gzip\n');
  await writeFile(join(root, 'etc/initramfs-tools/modules'), `${recipe.initrdModules.join('\n')}\n`);
}

async function finishRoot(root: string): Promise<void> {
  for (const dir of ['var/cache/apt', 'var/lib/apt/lists', 'var/log']) {
    await emptyDir(join(root, dir));
  }
  await mkdir(join(root, 'var/log/chrony'), { recursive: true });
  await execa('chroot', [root, 'chown', '_chrony:_chrony', '/var/log/chrony'], BUILD_DEADLINE);
  await writeFile(join(root, 'etc/fstab'), '/dev/vda / ext4 defaults 0 0\n');
  // Every boot of the image is a machine of its own.
  await writeFile(join(root, 'etc/machine-id'), '');
  await rm(join(root, 'var/lib/dbus/machine-id'), { force: true });
  await writeFile(join(root, 'etc/hostname'), 'unnamed\n');
  await rm(join(root, 'etc/resolv.conf'), { force: true });
  await writeFile(join(root, 'etc/resolv.conf'), '');
}

async function emptyDir(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    await rm(join(dir, name), { recursive: true });
  }
}

/** Kernel and initrd go beside the archive: QEMU boots them directly, without a boot loader. */
async function moveBootFiles(root: string, dir: string): Promise<void> {
  for (const name of await readdir(join(root, 'boot'))) {
    const target = ['vmlinuz', 'initrd.img'].find((prefix) => name.startsWith(`${prefix}-`));
    if (target !== undefined) await cp(join(root, 'boot', name), join(dir, target));
    await rm(join(root, 'boot', name));
  }
}
