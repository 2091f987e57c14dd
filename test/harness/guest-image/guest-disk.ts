import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { GuestKind } from './recipe.ts';
import { extractGuestRoot, type GuestTree, guestTree, inRoot } from './root-tree.ts';

const DISK_BYTES = 2 * 1024 ** 3;
const INSTALL_LAUNCHER = join(import.meta.dirname, '../../../guest-agent/launcher/install.sh');

/**
 * What brings up the network of a guest with our launcher, and for `openrc` everything else too (with ifupdown).
 * `cloud-init`: systemd-networkd, and a cloud-init that is left on.
 */
export type GuestSystem = 'ifupdown' | 'systemd-networkd' | 'network-manager' | 'openrc' | 'cloud-init';

/**
 * Which of the two kinds of image: with our launcher, mostly without cloud-init; or stock cloud-init with systemd-networkd,
 * as Debian 12's cloud images have it, and nothing of ours.
 */
export type GuestVariant =
  | { readonly kind: 'launcher'; readonly trustedSignersPath: string; readonly system: GuestSystem }
  | { readonly kind: 'stock' };

const treeOf = {
  ifupdown: 'standard',
  'systemd-networkd': 'standard',
  'network-manager': 'network-manager',
  openrc: 'openrc',
  'cloud-init': 'standard',
} as const satisfies Readonly<Record<GuestSystem, GuestKind>>;

/** A disk image to boot, with its kernel. */
export interface GuestDisk extends Pick<GuestTree, 'kernel' | 'initrd'> {
  /** Path of a raw image holding one ext4 file system, no partitions. */
  readonly image: string;
}

/**
 * Makes the disk image of a variant at the path `image`: some five seconds once the tree is built. Needs root.
 * @param operatorKey public key that may log in as root, for what a test has to do inside.
 */
export async function makeGuestDisk(
  image: string,
  variant: GuestVariant,
  operatorKey: string,
): Promise<GuestDisk> {
  const tree = variant.kind === 'stock' ? 'standard' : treeOf[variant.system];
  const { kernel, initrd } = await guestTree(tree);
  const root = await mkdtemp(join(dirname(image), 'guest-root-'));
  try {
    await extractGuestRoot(root, tree);
    await mkdir(join(root, 'root/.ssh'), { mode: 0o700, recursive: true });
    await writeFile(join(root, 'root/.ssh/authorized_keys'), `${operatorKey}\n`, { mode: 0o600 });
    await customise(root, variant);
    await writeFile(image, '');
    await truncate(image, DISK_BYTES);
    // mkfs fills the file system from the folder: nothing is mounted.
    await execa('mkfs.ext4', ['-q', '-F', '-d', root, image], { timeout: 120_000 });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return { image, kernel, initrd };
}

async function customise(root: string, variant: GuestVariant): Promise<void> {
  switch (variant.kind) {
    case 'launcher':
      await execa('sh', [INSTALL_LAUNCHER, root, variant.trustedSignersPath], { timeout: 30_000 });
      if (variant.system === 'cloud-init') {
        await useCloudInit(root);
        break;
      }
      if (variant.system === 'systemd-networkd') await useNetworkd(root);
      await mkdir(join(root, 'etc/cloud'), { recursive: true });
      await writeFile(join(root, 'etc/cloud/cloud-init.disabled'), '');
      break;
    case 'stock':
      await useCloudInit(root);
      break;
  }
}

async function useCloudInit(root: string): Promise<void> {
  await useNetworkd(root);
  // As Debian's own cloud images have it; without it cloud-init asks the network for other datasources.
  await writeFile(
    join(root, 'etc/cloud/cloud.cfg.d/90_dpkg.cfg'),
    'datasource_list: [ ConfigDrive, NoCloud, None ]\n',
  );
}

async function useNetworkd(root: string): Promise<void> {
  await inRoot(root, ['dpkg', '--purge', 'ifupdown']);
  await inRoot(root, ['systemctl', 'enable', 'systemd-networkd']);
}
