import { mkdtemp, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLibvirtAdapter } from '../../hypervisor-hook/adapters/libvirt/libvirt-adapter.ts';
import type { Machine, MachineAdapter } from '../../hypervisor-hook/adapters/machine-adapter.ts';
import { type RunProgram, runProgram } from '../../hypervisor-hook/process/run-program.ts';
import { type Libvirt, startLibvirt } from '../harness/libvirt.ts';

const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const channel = `<channel type='unix'><target type='virtio' name='org.ubugi.report.0'/></channel>`;

interface DomainShape {
  readonly name?: string;
  readonly uuid?: string;
  readonly devices?: string;
}

/** Firmware only: nothing is to boot. */
function domainXml({ name = 'web-01', uuid = instance, devices = '' }: DomainShape): string {
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid>
<memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${devices}</devices></domain>`;
}

function cdrom(path: string): string {
  return `<controller type='scsi' model='virtio-scsi'/><disk type='file' device='cdrom'>
<driver name='qemu' type='raw'/><source file='${path}'/><target dev='sda' bus='scsi'/><readonly/>
<alias name='ua-ubugi'/></disk>`;
}

describe('machines of libvirt', () => {
  let libvirt: Libvirt;
  let scratch: string;
  let drive: string;
  let lifetime: AbortController;
  const never = new AbortController().signal;

  beforeAll(async () => {
    libvirt = await startLibvirt('/bin/true');
  });
  afterAll(() => libvirt.stop());

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'ubugi-adapter-'));
    drive = join(scratch, 'web-01.iso');
    await writeFile(drive, Buffer.alloc(4096, 'first'));
    lifetime = new AbortController();
  });
  afterEach(async () => {
    lifetime.abort();
    const uuids = (await libvirt.virsh('list', '--all', '--uuid')).stdout.split('\n').filter(Boolean);
    for (const command of ['destroy', 'undefine']) {
      await libvirt.virsh(uuids.map((uuid) => `${command} ${uuid}`).join('; '));
    }
    await rm(scratch, { recursive: true, force: true });
  });

  function adapter(run: RunProgram = runProgram): MachineAdapter {
    return createLibvirtAdapter(run, { uri: libvirt.uri, driveFolder: scratch }, lifetime.signal);
  }

  async function only(machines: Promise<readonly Machine[]>): Promise<Machine> {
    const [machine, ...others] = await machines;
    if (machine === undefined || others.length > 0) throw new Error('there is not one machine');
    return machine;
  }

  /** Inodes that a QEMU has open under the drive's path, whatever lies there now. */
  async function openInodes(): Promise<readonly number[]> {
    const found: number[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const comm = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      if (!comm.startsWith('qemu-system')) continue;
      for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
        const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
        if (link.startsWith(drive)) found.push((await stat(`/proc/${pid}/fd/${fd}`)).ino);
      }
    }
    return [...new Set(found)];
  }

  async function replaceDrive(): Promise<number> {
    await writeFile(`${drive}.new`, Buffer.alloc(4096, 'second'));
    await rename(`${drive}.new`, drive);
    return (await stat(drive)).ino;
  }

  it('are listed with state, drive and report socket', async () => {
    await libvirt.define(domainXml({ devices: cdrom(drive) + channel }));
    expect(await adapter().list(never)).toEqual([
      {
        name: 'web-01',
        instance,
        state: 'off',
        drive: { path: drive, device: 'sda' },
        reportSocket: undefined,
      },
    ]);

    await libvirt.virsh('start', 'web-01');

    const running = await only(adapter().list(never));
    expect(running).toMatchObject({ state: 'running', drive: { path: drive, device: 'sda' } });
    expect(running.reportSocket).toMatch(/org\.ubugi\.report\.0$/);
    await libvirt.virsh('suspend', 'web-01');
    expect(await adapter().list(never)).toMatchObject([{ state: 'running' }]);
  });

  it('may have any name that libvirt allows', async () => {
    const names = ['--all', '$(id)', 'a b;c', '日本', '"', "'", '&amp;', '-', instance];
    for (const [index, name] of names.entries()) {
      const escaped = name.replaceAll('&', '&amp;');
      await libvirt.define(domainXml({ name: escaped, uuid: `${instance.slice(0, -1)}${index}` }));
    }
    const found = (await adapter().list(never)).map(({ name }) => name);
    expect(found.sort()).toEqual(names.sort());
  });

  it('are listed by few processes when there are 300', async () => {
    const commands: string[] = [];
    for (let index = 0; index < 300; index += 1) {
      const uuid = `${instance.slice(0, -3)}${String(index).padStart(3, '0')}`;
      const file = join(scratch, `${index}.xml`);
      await writeFile(
        file,
        domainXml({ name: `web-${index}`, uuid, devices: cdrom(`${scratch}/${uuid}.iso`) }),
      );
      commands.push(`define ${file}`);
    }
    await libvirt.virsh(commands.join('; '));
    let processes = 0;
    const counted: RunProgram = (...args) => {
      processes += 1;
      return runProgram(...args);
    };

    const machines = await adapter(counted).list(never);

    expect(machines).toHaveLength(300);
    expect(machines.filter((machine) => machine.drive !== undefined)).toHaveLength(300);
    expect(processes).toBeLessThan(10);
  });

  it('are left out when they vanish while they are looked at', async () => {
    const staying = `${instance.slice(0, -1)}2`;
    await libvirt.define(domainXml({}));
    await libvirt.define(domainXml({ name: 'web-02', uuid: staying }));
    const vanishing: RunProgram = async (program, args, bounds) => {
      const run = await runProgram(program, args, bounds);
      if (args.includes('--uuid')) await libvirt.virsh('undefine', 'web-01');
      return run;
    };
    expect(await adapter(vanishing).list(never)).toMatchObject([{ instance: staying }]);
  });

  it('see the new file after a swap', async () => {
    await libvirt.define(domainXml({ devices: cdrom(drive) }));
    await libvirt.virsh('start', 'web-01');
    const before = (await stat(drive)).ino;
    expect(await openInodes()).toEqual([before]);

    const after = await replaceDrive();
    const machine = await only(adapter().list(never));
    await adapter().swapMedium(machine, never);

    expect(after).not.toBe(before);
    expect(await openInodes()).toEqual([after]);
  });

  it('get their medium back when a swap was cut off halfway', async () => {
    await libvirt.define(domainXml({ devices: cdrom(drive) }));
    await libvirt.virsh('start', 'web-01');
    await libvirt.virsh('change-media', 'web-01', 'sda', '--eject', '--live');
    const after = await replaceDrive();

    const machine = await only(adapter().list(never));
    expect(machine.drive).toEqual({ path: drive, device: 'sda' });
    await adapter().swapMedium(machine, never);

    expect(await openInodes()).toEqual([after]);
  });

  it('are refused a swap with a clear message when they do not run', async () => {
    await libvirt.define(domainXml({ devices: cdrom(drive) }));
    const machine = await only(adapter().list(never));
    await expect(adapter().swapMedium(machine, never)).rejects.toThrow(
      `domain ${instance} is not running or has no CD-ROM sda any more`,
    );
  });

  it('are heard of when they start, and after libvirtd was restarted', async () => {
    await libvirt.define(domainXml({}));
    const machines = adapter();
    // Once the listener stands.
    await machines.changed(AbortSignal.timeout(30_000));

    const started = machines.changed(AbortSignal.timeout(30_000));
    await libvirt.virsh('start', 'web-01');
    await started;
    expect(await machines.list(never)).toMatchObject([{ state: 'running' }]);

    await libvirt.restartDaemon();
    await machines.changed(AbortSignal.timeout(30_000));
    const destroyed = machines.changed(AbortSignal.timeout(30_000));
    await libvirt.virsh('destroy', 'web-01');
    await destroyed;
    expect(await machines.list(never)).toMatchObject([{ state: 'off' }]);
  });

  it('are waited for no longer than the signal allows', async () => {
    const machines = adapter();
    await machines.changed(AbortSignal.abort());
    const soon = new AbortController();
    const waiting = machines.changed(soon.signal);
    soon.abort();
    await waiting;
    expect(soon.signal.aborted).toBe(true);
  });

  it('cannot be listed without libvirt, which is said', async () => {
    const nowhere = createLibvirtAdapter(
      runProgram,
      { uri: `qemu:///system?socket=${scratch}/none`, driveFolder: scratch },
      lifetime.signal,
    );
    await expect(nowhere.list(never)).rejects.toThrow(/virsh list --all --uuid failed: .*Failed to connect/);
  });
});
