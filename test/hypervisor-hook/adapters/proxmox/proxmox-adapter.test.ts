import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MachineAdapter } from '../../../../hypervisor-hook/adapters/machine-adapter.ts';
import { createProxmoxAdapter } from '../../../../hypervisor-hook/adapters/proxmox/proxmox-adapter.ts';
import { machineOfProxmox } from '../../../../hypervisor-hook/hook/read-machine.ts';
import type { RunProgram } from '../../../../hypervisor-hook/process/run-program.ts';

const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const { signal } = new AbortController();

const machineText = `#a comment: ide9: local:iso/evil.iso,media=cdrom
args: -device virtio-serial-pci -chardev socket,id=ubugi-report,path=/run/ubugi/100.report,server=on,wait=off -device virtserialport,chardev=ubugi-report,name=org.ubugi.report.0
boot: order=scsi0
ide0: local:iso/debian-12.iso,media=cdrom,size=600M
ide2: nas:iso/ubugi-100.iso,media=cdrom,size=1M
name: web-01
scsi0: local-lvm:vm-100-disk-0,size=8G
smbios1: uuid=${instance.toUpperCase()},manufacturer=cXVidQ==,base64=1

[snap]
ide2: local:iso/ubugi-999.iso,media=cdrom
smbios1: uuid=00000000-0000-4000-8000-000000000000
`;
const storageText = `dir: local
	path /var/lib/vz
	content iso,vztmpl

nfs: nas
	server 192.0.2.1
	export /iso
	content iso

lvmthin: local-lvm
	vgname pve
`;

describe('machines of Proxmox VE', () => {
  let folder: string;
  let file: string;
  let calls: string[];
  let failing: string | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-proxmox-'));
    await mkdir(join(folder, 'qemu-server'));
    await mkdir(join(folder, 'state'));
    file = join(folder, 'qemu-server/100.conf');
    await writeFile(file, machineText);
    await writeFile(join(folder, 'qemu-server/101.conf'), 'name: no-uuid\n');
    await writeFile(join(folder, 'storage.cfg'), storageText);
    calls = [];
    failing = undefined;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** qm(1) as far as it is used: it changes the configuration file, and nothing where the value stays the same. */
  const qm: RunProgram = async (program, args) => {
    calls.push([program, ...args].join(' '));
    const ended = (status: number, stdout = '', stderr = '') => ({ status, stdout, stderr });
    if (args[0] === 'list') {
      return ended(
        0,
        '      VMID NAME   STATUS   MEM(MB) BOOTDISK(GB) PID\n       100 web-01 running  2048    8.00         4711\n',
      );
    }
    const [, , option = '', value = ''] = args;
    if (value.startsWith(failing ?? '\0')) return ended(255, '', 'VM is locked (backup)\n');
    const text = await readFile(file, 'utf8');
    const key = option.replace('--', '');
    await writeFile(file, text.replace(new RegExp(`^${key}: .*$`, 'm'), `${key}: ${value}`));
    return ended(0);
  };

  function adapter(): MachineAdapter {
    return createProxmoxAdapter(qm, {
      folder,
      driveFolder: join(folder, 'drives'),
      stateFolder: join(folder, 'state'),
    });
  }

  const drive = { path: '/mnt/pve/nas/template/iso/ubugi-100.iso', device: 'ide2' };

  it('are listed from their files, without snapshots and those that have no UUID', async () => {
    expect(await adapter().list(signal)).toEqual([
      { name: '100', instance, state: 'running', drive, reportSocket: '/run/ubugi/100.report' },
    ]);
  });

  it('have their medium taken out and put in again', async () => {
    const [machine] = await adapter().list(signal);
    if (machine === undefined) throw new Error('there is no machine');
    calls = [];
    await adapter().swapMedium(machine, signal);
    expect(calls).toEqual([
      'qm set 100 --ide2 none,media=cdrom',
      'qm set 100 --ide2 nas:iso/ubugi-100.iso,media=cdrom',
    ]);
  });

  it('get their medium back when a swap was cut off halfway', async () => {
    const [machine] = await adapter().list(signal);
    if (machine === undefined) throw new Error('there is no machine');
    failing = 'nas:';
    await expect(adapter().swapMedium(machine, signal)).rejects.toThrow(/qm set 100 .* failed: VM is locked/);
    failing = undefined;
    const [empty] = await adapter().list(signal);
    expect(empty).toMatchObject({ drive });
    calls = [];
    await adapter().swapMedium(machine, signal);
    expect(calls).toEqual(['qm set 100 --ide2 nas:iso/ubugi-100.iso,media=cdrom']);
    expect((await adapter().list(signal))[0]).toMatchObject({ drive });
  });

  it('tell the hook of themselves as a domain does', async () => {
    const reading = { kind: 'valid', configuration: { proxmox: { folder } } } as never;
    expect(await machineOfProxmox('100', reading)).toMatchObject({
      kind: 'domain',
      domain: { uuid: instance, cdroms: [{ target: 'ide2', file: drive.path }] },
    });
    for (const vmid of ['101', '102', '../../etc/passwd', '']) {
      expect(await machineOfProxmox(vmid, reading)).toMatchObject({ kind: 'unreadable' });
    }
  });
});
