import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readAptSources } from './apt-sources.ts';
import { buildOnce } from './build-once.ts';
import { type GuestKind, recipe, recipeKey, variationOf } from './recipe.ts';

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
export async function guestTree(kind: GuestKind = 'standard'): Promise<GuestTree> {
  const build = kind === 'standard' ? buildTree : (dir: string) => varyTree(kind, dir);
  const dir = await buildOnce(join(CACHE, recipeKey(kind)), build);
  return { archive: join(dir, 'root.tar'), kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.img') };
}

/** Unpacks the guest's root file system into the folder `dir`, which is made. Needs root. */
export async function extractGuestRoot(dir: string, kind: GuestKind = 'standard'): Promise<void> {
  const { archive } = await guestTree(kind);
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
  await withApt(root, async () => {
    await installPackages(root, recipe.packages);
    await configureInitrd(root);
    await inRoot(root, ['update-initramfs', '-u']);
  });
  await finishRoot(root);
  await moveBootFiles(root, dir);
  await pack(root, dir);
}

/** Makes another guest from the standard one, with the same kernel. */
async function varyTree(kind: GuestKind, dir: string): Promise<void> {
  const standard = await guestTree();
  const root = join(dir, 'root');
  await extractGuestRoot(root);
  const { install, purge, unpack } = variationOf(kind) ?? { install: [], purge: [], unpack: [] };
  await withApt(root, async () => {
    // dpkg alone: apt would not leave the guest without an init for a moment.
    if (purge.length > 0)
      await inRoot(root, ['dpkg', '--purge', '--force-depends,remove-protected', ...purge]);
    // First: what is installed may take over the resolver.
    if (unpack.length > 0) await unpackPackages(root, unpack);
    await installPackages(root, install);
  });
  await finishRoot(root);
  await cp(standard.kernel, join(dir, 'vmlinuz'));
  await cp(standard.initrd, join(dir, 'initrd.img'));
  await pack(root, dir);
}

/** Lets the guest's apt find packages while `work` runs; nothing of this machine stays in the guest. */
async function withApt(root: string, work: () => Promise<void>): Promise<void> {
  const settings = join(root, 'etc/apt/apt.conf.d/99host');
  await copyAptProxy(settings);
  await cp('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
  await inRoot(root, ['apt-get', 'update', '-qq']);
  await work();
  await rm(settings, { force: true });
}

async function installPackages(root: string, names: readonly string[]): Promise<void> {
  await inRoot(root, ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...names]);
}

async function unpackPackages(root: string, names: readonly string[]): Promise<void> {
  const folder = join(root, 'var/cache/unpack');
  await mkdir(folder);
  // apt fetches as a user of its own.
  await chmod(folder, 0o777);
  await inRoot(root, ['sh', '-c', 'cd /var/cache/unpack && exec apt-get download -qq "$@"', 'sh', ...names]);
  for (const name of await readdir(folder)) {
    // Not `dpkg-deb --extract`: it puts folders in the place of the links /lib and /sbin.
    const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C / --keep-directory-symlink';
    await inRoot(root, ['sh', '-c', script, 'sh', `/var/cache/unpack/${name}`]);
  }
  await rm(folder, { recursive: true });
}

async function pack(root: string, dir: string): Promise<void> {
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
