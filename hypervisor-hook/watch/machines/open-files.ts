import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file whatever its name: device and inode. Replacing it by rename makes another one. */
export function fileIdentity({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/** The files that hypervisor processes of this host have open. Never throws: what cannot be read is not seen. */
export type OpenFiles = () => Promise<ReadonlySet<string>>;

/** Names of QEMU's main thread: `qemu-system-x86_64`, `qemu-kvm`, Proxmox's `kvm`; proc_pid_comm(5) has 15 letters of it. */
const hypervisorName = /^(qemu|kvm)/;

/** {@link OpenFiles} from /proc. Only the descriptors of hypervisors are looked at, so it takes milliseconds. */
export function createOpenFiles(proc = '/proc', isHypervisor = hypervisorName): OpenFiles {
  return async () => {
    const open = new Set<string>();
    const processes = (await names(proc)).filter((name) => /^\d+$/.test(name));
    for (const process of processes) {
      const folder = join(proc, process);
      const comm = await readFile(join(folder, 'comm'), 'utf8').catch(() => '');
      if (!isHypervisor.test(comm)) continue;
      for (const descriptor of await names(join(folder, 'fd'))) {
        const status = await stat(join(folder, 'fd', descriptor)).catch(() => undefined);
        if (status?.isFile() === true) open.add(fileIdentity(status));
      }
    }
    return open;
  };
}

async function names(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
