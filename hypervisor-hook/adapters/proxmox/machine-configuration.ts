import { basename, isAbsolute, join } from 'node:path';
import { type Cdrom, type Domain, isUuid } from '../libvirt/domain-xml.ts';

/** A CD-ROM of a machine of Proxmox VE as its configuration has it. */
export interface ProxmoxCdrom extends Cdrom {
  /** The volume, such as `local:iso/ubugi-100.iso`; undefined: the tray is empty. */
  readonly volume: string | undefined;
}

/** A machine of Proxmox VE, told like a domain. */
export interface ProxmoxMachine extends Domain {
  readonly cdroms: readonly ProxmoxCdrom[];
}

/** Where storages of Proxmox VE have their ISO images, by name. */
export type IsoFolders = ReadonlyMap<string, string>;

/** What the file of a config drive is named: `ubugi-100.iso`. That marks it, as the alias does under libvirt. */
const driveName = /^ubugi-[A-Za-z0-9._-]+\.iso$/;

/** Alias that the choice of a config drive looks for. */
const driveAlias = 'ua-ubugi';

/**
 * Reads `/etc/pve/qemu-server/VMID.conf` (qm.conf(5)); snapshots, which follow in sections, do not count.
 * @returns undefined if it has no valid SMBIOS UUID
 */
export function readMachineConfiguration(
  vmid: string,
  text: string,
  folders: IsoFolders,
): ProxmoxMachine | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.startsWith('[')) break;
    const [, key, value] = /^([a-z0-9_]+):\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.trim());
  }
  const uuid = /(?:^|,)uuid=([0-9A-Fa-f-]+)/.exec(values.get('smbios1') ?? '')?.[1]?.toLowerCase();
  if (uuid === undefined || !isUuid(uuid)) return undefined;
  const cdroms = [...values]
    .filter(([key, value]) => /^(?:ide|sata|scsi)\d+$/.test(key) && value.split(',').includes('media=cdrom'))
    .map(([key, value]) => cdrom(key, value, folders));
  return {
    name: `${vmid} (${values.get('name') ?? 'no name'})`,
    uuid,
    cdroms,
    active: false,
    reportSocket: /-chardev socket,id=ubugi-report,path=([^,\s]+)/.exec(values.get('args') ?? '')?.[1],
  };
}

function cdrom(target: string, value: string, folders: IsoFolders): ProxmoxCdrom {
  const [first = ''] = value.split(',');
  const named = first.replace(/^file=/, '');
  const volume = named === 'none' || named === 'cdrom' ? undefined : named;
  const file = volume === undefined ? undefined : pathOf(volume, folders);
  const marked = file !== undefined && driveName.test(basename(file));
  return {
    target,
    file,
    volume,
    alias: marked ? driveAlias : undefined,
    serial: undefined,
    trayOpen: false,
  };
}

function pathOf(volume: string, folders: IsoFolders): string | undefined {
  if (isAbsolute(volume)) return volume;
  const [, storage, name] = /^([A-Za-z][A-Za-z0-9._-]*):iso\/([^/]+)$/.exec(volume) ?? [];
  const folder = folders.get(storage ?? '');
  return folder === undefined || name === undefined ? undefined : join(folder, name);
}

/** Reads `/etc/pve/storage.cfg` (pvesm(1)): storages that are folders on this host. */
export function readIsoFolders(text: string): IsoFolders {
  const folders = new Map<string, string>();
  for (const section of text.split(/\n(?=\S)/)) {
    const [, kind, name] = /^(dir|nfs|cifs|cephfs|btrfs):\s*(\S+)/.exec(section) ?? [];
    if (kind === undefined || name === undefined) continue;
    const path = /^\s+path\s+(\S+)/m.exec(section)?.[1] ?? `/mnt/pve/${name}`;
    const iso = /^\s+content-dirs\s+(?:\S*,)?iso=([^,\s]+)/m.exec(section)?.[1] ?? 'template/iso';
    folders.set(name, join(path, iso));
  }
  return folders;
}
