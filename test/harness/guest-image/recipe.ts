import { createHash } from 'node:crypto';

/** What the guest of demo, tests and benches is made from: Debian 12 as its cloud images have it. */
export const recipe = {
  /** Raised when the steps change and not only this list. */
  revision: 2,
  suite: 'bookworm',
  /** Installed by debootstrap; enough for apt to go on. */
  base: ['systemd', 'systemd-sysv', 'udev', 'dbus'],
  packages: [
    'chrony',
    'cloud-init',
    'ifupdown',
    'initramfs-tools',
    'iproute2',
    'linux-image-cloud-amd64',
    'openssh-server',
    'strace',
    'sudo',
  ],
  /**
   * The initrd holds these and nothing else: the smaller it is, the sooner an emulated machine is up. sr_mod and
   * isofs must be among them, or cloud-init's generator looks for a drive before its device exists.
   */
  initrdModules: [
    'virtio_pci',
    'virtio_blk',
    'virtio_scsi',
    'virtio_net',
    'ata_piix',
    'sd_mod',
    'sr_mod',
    'isofs',
    'ext4',
  ],
  /** Of no use in a guest of ours. */
  excludedPaths: ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'],
} as const;

/** Names the cached tree: another recipe, another name. */
export function recipeKey(): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
}
