import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventList } from '../../schemas/types/api.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { hypervisorExecutable } from '../harness/hook-host.ts';
import { type HypervisorHost, openHypervisorHost } from '../harness/hypervisor-host.ts';
import { startLibvirt } from '../harness/libvirt.ts';
import { type ServedSite, serveSite } from '../harness/served-site.ts';

const POLL = { timeout: 120_000, interval: 500 } as const;
const driveName = `${exampleInstances.web01}.iso`;

/** Firmware only: nothing is to boot, and little memory to move. */
const domainXml = `<domain type='qemu'><name>web-01</name><uuid>${exampleInstances.web01}</uuid>
<memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>`;

let site: ServedSite;
let source: HypervisorHost;
let target: HypervisorHost;
const opened: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  site = await serveSite({ lifetimeMs: 600_000 });
  opened.push(() => site.stop());
  await site.operate('sync');
  const open = async (name: string): Promise<HypervisorHost> => {
    const libvirt = await startLibvirt(await hypervisorExecutable());
    opened.push(() => libvirt.stop());
    const host = await openHypervisorHost(site, libvirt, { name, watch: { removalGraceHours: 0 } });
    host.startDaemon();
    opened.push(() => host.endDaemon('SIGTERM'));
    return host;
  };
  source = await open('hv-01');
  target = await open('hv-02');
  await source.libvirt.define(domainXml);
});

afterAll(async () => {
  for (const host of [source, target]) await host?.libvirt.virsh('destroy', 'web-01');
  for (const dispose of opened.reverse()) await dispose();
});

const driveOf = (host: HypervisorHost): Promise<Buffer> => readFile(join(host.driveFolder, driveName));

async function migrate(): ReturnType<HypervisorHost['libvirt']['virsh']> {
  const options = ['--live', '--undefinesource', '--persistent', '--migrateuri', 'tcp://127.0.0.1'];
  const socket = target.libvirt.uri.slice(target.libvirt.uri.indexOf('?'));
  return await source.libvirt.virsh('migrate', ...options, 'web-01', `qemu+unix:///system${socket}`);
}

describe('a live migration between two hosts of libvirt', () => {
  test('begins on one of them', async () => {
    expect(await source.run('enrol', 'web-01', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await source.libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0, stderr: '' });
  });

  test('is refused by the target while nobody has let the machine move there', async () => {
    const run = await migrate();
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain('does not place instance');
    expect((await source.libvirt.virsh('domstate', 'web-01')).stdout.trim()).toBe('running');
    const { events } = JSON.parse(
      await site.operate('audit', '--action', 'access-denied', '--json'),
    ) as EventList;
    expect(events).toMatchObject([{ instance: exampleInstances.web01, actor: 'token:hv-02' }]);
  });

  test('takes the drive along once it is granted, and the old host loses it', async () => {
    await site.operate('place', 'web-01', 'hv-02', '--minutes', '5', '--reason', 'hv-01 gets new memory');
    expect(await migrate()).toMatchObject({ status: 0 });

    expect((await target.libvirt.virsh('domstate', 'web-01')).stdout.trim()).toBe('running');
    expect((await target.libvirt.virsh('dumpxml', 'web-01')).stdout).toContain(
      `/var/lib/ubugi/drives/${driveName}`,
    );
    expect((await driveOf(target)).length).toBeGreaterThan(100_000);
    await expect.poll(async () => await site.operate('hypervisors', 'hv-02'), POLL).toMatch(/web-01/);
    await expect.poll(async () => await site.operate('hypervisors', 'hv-01'), POLL).not.toMatch(/web-01/);
    // Its daemon is told, and takes away what it had.
    await expect
      .poll(
        () =>
          stat(join(source.driveFolder, driveName)).then(
            () => 'there',
            () => 'gone',
          ),
        POLL,
      )
      .toBe('gone');
  });
});
