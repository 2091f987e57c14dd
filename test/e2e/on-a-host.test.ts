import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { domainName } from '../harness/virtual-machine/libvirt-machine.ts';
import { type HostRoom, openHostRoom } from './host-room.ts';

const POLL = { timeout: 600_000, interval: 1000 } as const;

let room: HostRoom;
beforeAll(async () => {
  room = await openHostRoom();
});
afterAll(() => room?.close());

describe('a machine on an enrolled host', () => {
  test('is dressed at its first boot, and its report comes through the hypervisor', async () => {
    expect(await room.isIn('carol')).toBe(true);
    expect(await room.isIn('dave')).toBe(false);
    const reached = { newest: 1, attached: 1, applied: 1, state: 'current' };
    await expect.poll(room.generation, POLL).toMatchObject(reached);
  });

  test('loses and gains by a sync alone', async () => {
    await room.replace('carol', 'dave');
    await room.site.operate('sync');
    await expect.poll(() => room.isIn('carol'), POLL).toBe(false);
    await expect.poll(() => room.isIn('dave'), POLL).toBe(true);
    const reached = { newest: 2, attached: 2, applied: 2, state: 'current' };
    await expect.poll(room.generation, POLL).toMatchObject(reached);
    const report = JSON.parse(
      (await room.as('operator', 'cat /run/ubugi/report.json')).stdout,
    ) as AgentReport;
    expect(report).toMatchObject({ generation: 2, trigger: 'medium-change', outcome: 'applied' });
  });

  test('is up to date again once server and daemon are back from kill -9', async () => {
    await room.site.end('SIGKILL');
    await room.host.endDaemon('SIGKILL');
    room.host.startDaemon();
    await room.site.start();
    await room.replace('dave', 'carol');
    await room.site.operate('sync');
    await expect.poll(() => room.isIn('dave'), POLL).toBe(false);
    await expect.poll(room.generation, POLL).toMatchObject({ newest: 3, applied: 3 });
  });

  test('starts again without the server, though its drive was lost with it', async () => {
    await room.site.end('SIGTERM');
    await room.host.libvirt.virsh('destroy', domainName);
    const drive = join(room.host.driveFolder, `${exampleInstances.web01}.iso`);
    await rm(drive);
    // The daemon puts it back before anybody starts the machine.
    const state = async (): Promise<string> =>
      await readFile(drive).then(
        () => 'there',
        () => 'lost',
      );
    await expect.poll(state, POLL).toBe('there');
    expect(await room.host.libvirt.virsh('start', domainName)).toMatchObject({ status: 0 });
    await room.site.start();
    expect((await room.host.run('status')).exitCode).toBe(0);
  });
});
