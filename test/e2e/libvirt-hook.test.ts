import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DriveServer, startDriveServer } from '../harness/drive-server.ts';
import { hypervisorExecutable } from '../harness/hook-host.ts';
import { type Libvirt, startLibvirt } from '../harness/libvirt.ts';
import { createDriveMaker, type DriveMaker } from '../harness/signed-drive.ts';

const root = join(import.meta.dirname, '../..');
const hookScript = join(root, 'hypervisor-hook/adapters/libvirt/qemu.d-ubugi');
const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';

/** Firmware only: nothing is to boot. */
function domainXml(drive: string): string {
  return `<domain type='qemu'><name>web-01</name><uuid>${instance}</uuid>
<memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${drive}'/>
<target dev='hda' bus='ide'/><readonly/><alias name='ua-ubugi'/></disk></devices></domain>`;
}

describe('the hook under libvirt', () => {
  let libvirt: Libvirt;
  let scratch: string;
  let drive: string;
  let maker: DriveMaker;
  let server: DriveServer;

  beforeAll(async () => {
    libvirt = await startLibvirt(await hypervisorExecutable());
    await libvirt.installHook(hookScript);
    await libvirt.restartDaemon();
  });
  afterAll(() => libvirt.stop());

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'ubugi-libvirt-hook-'));
    maker = await createDriveMaker(scratch);
    server = await startDriveServer();
    drive = join(scratch, 'drives/web-01.iso');
    await mkdir(join(scratch, 'drives'));
    const token = join(libvirt.ubugiFolder, 'token');
    await writeFile(token, `ubugi_${'a'.repeat(43)}\n`);
    await chmod(token, 0o600);
    await writeFile(join(libvirt.ubugiFolder, 'trusted_signers'), maker.trustedSigners);
    await configure();
    await libvirt.define(domainXml(drive));
  });
  afterEach(async () => {
    await libvirt.virsh('destroy', 'web-01');
    await libvirt.virsh('undefine', 'web-01');
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function configure(): Promise<void> {
    const lines = [
      'server:',
      `  url: ${server.url}`,
      '  tokenFile: token',
      'trustedSigners: trusted_signers',
    ];
    const folders = [`driveFolder: ${scratch}/drives`, `stateFolder: ${scratch}/state`];
    await writeFile(join(libvirt.ubugiFolder, 'hypervisor.yaml'), [...lines, ...folders, ''].join('\n'));
  }

  async function state(): Promise<string> {
    return (await libvirt.virsh('domstate', 'web-01')).stdout.trim();
  }

  it('fetches and places the drive before QEMU opens it, and reports', async () => {
    const image = await maker.make({ instance, generation: 1 });
    server.behave({ kind: 'drive', image });

    expect(await libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0, stderr: '' });

    expect(await state()).toBe('running');
    expect(await readFile(drive)).toEqual(image);
    expect(server.reports).toMatchObject([{ instance, generation: 1, outcome: 'attached' }]);
  });

  it('stands beside other scripts in qemu.d, each with its own say', async () => {
    server.behave({ kind: 'drive', image: await maker.make({ instance, generation: 1 }) });
    const seen = join(scratch, 'seen');
    const names = ['10-before', 'z-after'];
    for (const name of names) {
      const script = `#!/bin/sh\nread -r line\necho "${name} $1 $2 $3 $line" >> ${seen}\n`;
      await writeFile(join(libvirt.hooksFolder, name), script, { mode: 0o755 });
    }
    await libvirt.restartDaemon();
    try {
      expect(await libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0, stderr: '' });
      const calls = (await readFile(seen, 'utf8')).split('\n');
      for (const name of names) {
        expect(calls).toContainEqual(expect.stringMatching(`^${name} web-01 prepare begin <domain`));
      }
      expect(server.reports).toHaveLength(1);
    } finally {
      await libvirt.virsh('destroy', 'web-01');
      await Promise.all(names.map((name) => rm(join(libvirt.hooksFolder, name))));
      await libvirt.restartDaemon();
    }
  });

  it('starts with the last known good drive when the server is down', async () => {
    const image = await maker.make({ instance, generation: 1 });
    server.behave({ kind: 'drive', image });
    await libvirt.virsh('start', 'web-01');
    await libvirt.virsh('destroy', 'web-01');
    await rm(drive);
    await server.stop();

    expect(await libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0 });

    expect(await state()).toBe('running');
    expect(await readFile(drive)).toEqual(image);
  });

  it('refuses the start with one clear line when no drive was ever seen', async () => {
    await server.stop();

    const run = await libvirt.virsh('start', 'web-01');

    expect(run.status).toBe(1);
    expect(run.stderr.match(/ubugi: domain web-01 is not started: .*/g)).toEqual([
      'ubugi: domain web-01 is not started: the metadata server refused the connection, and no drive of it was ever attached here; see to the metadata server and the network, then start the domain again',
    ]);
    expect(await state()).toBe('shut off');
  });

  it('leaves running domains alive when libvirtd reconnects, whatever is broken', async () => {
    server.behave({ kind: 'drive', image: await maker.make({ instance, generation: 1 }) });
    await libvirt.virsh('start', 'web-01');
    const pid = await libvirt.qemuPid('web-01');
    await server.stop();
    await writeFile(join(libvirt.ubugiFolder, 'hypervisor.yaml'), 'server: [');

    await libvirt.restartDaemon();

    expect(await state()).toBe('running');
    expect(await libvirt.qemuPid('web-01')).toBe(pid);
    // Answered only when libvirtd has reconnected: a destroy before that would race with it.
    const monitor = await libvirt.virsh('qemu-monitor-command', 'web-01', '--hmp', 'info status');
    expect(monitor).toMatchObject({ status: 0, stdout: expect.stringContaining('running') });
    // `stopped` and `release` run with the broken configuration, too.
    expect(await libvirt.virsh('destroy', 'web-01')).toMatchObject({ status: 0, stderr: '' });
  });

  it('names the configuration when that is broken', async () => {
    await writeFile(join(libvirt.ubugiFolder, 'hypervisor.yaml'), 'server: [');
    const run = await libvirt.virsh('start', 'web-01');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /is not started: the configuration is wrong: \/etc\/ubugi\/hypervisor\.yaml:1: /,
    );
  });
});
