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

/** How a tree differs from that of {@link recipe}. */
interface Variation {
  readonly revision: number;
  readonly install: readonly string[];
  readonly purge: readonly string[];
  /** Packages that cannot be installed beside the others: their files alone are put there. */
  readonly unpack: readonly string[];
}

/** Other guests, made from the first one. */
const variations = {
  'network-manager': {
    revision: 1,
    install: ['network-manager'],
    purge: ['cloud-init', 'ifupdown'],
    unpack: [],
  },
  openrc: {
    revision: 1,
    install: ['openrc', 'sysvinit-core'],
    purge: ['cloud-init', 'systemd-sysv'],
    unpack: [],
  },
  /** Every tool that a back end is for. A test removes those of which the guest in question has none. */
  tools: {
    revision: 1,
    install: [
      'busybox',
      'curl',
      'netplan.io',
      'network-manager',
      'policycoreutils',
      'systemd-resolved',
      'wget',
    ],
    purge: [],
    unpack: ['ntpsec', 'openrc', 'openresolv', 'systemd-timesyncd'],
  },
} as const satisfies Readonly<Record<string, Variation>>;

/** Which guest. */
export type GuestKind = 'standard' | keyof typeof variations;

/** How the guest differs from the standard one; `undefined`: it is that one. */
export function variationOf(kind: GuestKind): Variation | undefined {
  return kind === 'standard' ? undefined : variations[kind];
}

/** Names the cached tree: another recipe, another name. */
export function recipeKey(kind: GuestKind): string {
  const all = kind === 'standard' ? recipe : [recipe, variations[kind]];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16);
}
