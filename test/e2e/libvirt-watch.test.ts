import { mkdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createOpenFiles, fileIdentity } from '../../hypervisor-hook/watch/machines/open-files.ts';
import type { HostStatus } from '../../hypervisor-hook/watch/status/host-status.ts';
import { createHookHost, type HookHost, hypervisorExecutable, instance } from '../harness/hook-host.ts';
import { type Libvirt, startLibvirt } from '../harness/libvirt.ts';
import { type PlacementServer, startPlacementServer } from '../harness/watch/placement-server.ts';

const patience = { timeout: 120_000, interval: 200 };

/** Firmware only: nothing is to boot. */
function domainXml(drive: string): string {
  return `<domain type='qemu'><name>web-01</name><uuid>${instance}</uuid>
<memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<controller type='scsi' model='virtio-scsi'/><disk type='file' device='cdrom'>
<driver name='qemu' type='raw'/><source file='${drive}'/><target dev='sda' bus='scsi'/><readonly/>
<alias name='ua-ubugi'/></disk>
<channel type='unix'><target type='virtio' name='org.ubugi.report.0'/></channel></devices></domain>`;
}

describe('the daemon on a libvirt host', () => {
  let executable: string;
  let libvirt: Libvirt;
  let host: HookHost;
  let server: PlacementServer;
  const end = new AbortController();

  beforeAll(async () => {
    executable = await hypervisorExecutable();
    libvirt = await startLibvirt('/bin/true');
    host = await createHookHost(executable);
    server = await startPlacementServer('hv-07');
    await mkdir(host.stateFolder, { recursive: true });
    await host.configure(server.url, ['host: hv-07', 'libvirt:', `  uri: ${JSON.stringify(libvirt.uri)}`]);
  });
  afterAll(async () => {
    end.abort();
    await libvirt.virsh('destroy', 'web-01');
    await libvirt.virsh('undefine', 'web-01');
    await libvirt.stop();
    await server.stop();
    await host.remove();
  });

  const until = async (check: () => unknown): Promise<void> => {
    await vi.waitFor(check, patience);
  };
  const status = async (): Promise<HostStatus> =>
    JSON.parse(await readFile(join(host.stateFolder, 'watch/status.json'), 'utf8')) as HostStatus;
  async function isInMachine(): Promise<boolean> {
    return (await createOpenFiles()()).has(fileIdentity(await stat(host.drive)));
  }

  it('fetches ahead, changes the medium of the running domain, and puts back what was lost', async () => {
    const first = await host.maker.make({ instance, generation: 1 });
    server.place(instance, 1, first);
    await libvirt.define(domainXml(host.drive));
    const watch = execa(executable, ['watch', '--config', host.configuration], {
      reject: false,
      cancelSignal: end.signal,
      env: { PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
    });
    await until(async () => expect(await host.read()).toEqual(first));

    expect(await libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0 });
    await until(async () =>
      expect((await status()).machines).toMatchObject([{ name: 'web-01', machine: 'running', attached: 1 }]),
    );
    expect(await isInMachine()).toBe(true);
    expect(server.reports).toEqual([]);

    const second = await host.maker.make({ instance, generation: 2, name: 'renamed' });
    server.place(instance, 2, second);
    await until(() => expect(server.reports).toMatchObject([{ generation: 2, outcome: 'attached' }]));
    expect(await host.read()).toEqual(second);
    expect(await isInMachine()).toBe(true);

    await libvirt.restartDaemon();
    expect((await libvirt.virsh('domstate', 'web-01')).stdout).toMatch(/running/);
    const third = await host.maker.make({ instance, generation: 3, name: 'renamed-again' });
    server.place(instance, 3, third);
    await until(() => expect(server.reports.at(-1)).toMatchObject({ generation: 3 }));
    expect(await isInMachine()).toBe(true);

    await unlink(host.drive);
    await libvirt.virsh('destroy', 'web-01');
    await until(async () => expect(await host.read()).toEqual(third));

    watch.kill('SIGTERM');
    expect(await watch).toMatchObject({ exitCode: 0 });
  });
});
