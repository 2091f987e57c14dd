import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { readReport } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

/** More than an emulated machine on a busy one needs to notice a medium and apply it. */
const VALID_MS = 3_600_000;
/** What is left of that when the guest's clock has been put forward. */
const LEFT_MS = 5000;
const POLL = { timeout: 600_000, interval: 2000 } as const;

let room: MachineRoom;

beforeAll(async () => {
  room = await openMachineRoom('launcher');
  await room.whenUp('operator', 'true');
});

afterAll(() => room?.close());

const report = async (): Promise<AgentReport> => readReport(await room.asRoot('cat /run/ubugi/report.json'));

describe('a machine made from an image', () => {
  test('has a machine-id and host keys of its own, and its log goes on', async () => {
    const own = exampleInstances.web01.replaceAll('-', '');
    expect(await room.asRoot('cat /etc/machine-id')).toBe(own);
    expect(await room.asRoot('cat /var/lib/ubugi/host-keys')).toBe(exampleInstances.web01);
    const { resources } = await report();
    expect(resources).toContainEqual(expect.objectContaining({ resource: 'host-keys', outcome: 'changed' }));
    // sshd serves what lies there now, made by this boot and named for this machine.
    const served = await room.asRoot('ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null');
    const key = await room.asRoot('cat /etc/ssh/ssh_host_ed25519_key.pub');
    expect(key).toContain('root@web-01');
    expect(served.split(' ')[2]).toBe(key.split(' ')[1]);
    await room.asRoot('logger --tag between-drives here; journalctl --sync');
    expect(await room.asRoot('journalctl -t between-drives -o cat')).toBe('here');
  });

  test('shows drift from the kept drive', async () => {
    expect(await room.asRoot('ubugi-agent plan')).toBe('Nothing to do.');
    await room.asRoot('echo mine >/etc/hostname');
    expect(await room.asRoot('ubugi-agent plan')).toContain('~ /etc/hostname');
    await room.asRoot('systemctl restart ubugi');
    expect(await room.asRoot('cat /etc/hostname')).toBe('web-01');
  });
});

test('a medium put into the running machine is applied; what ends, ends at the minute without any medium', async () => {
  const ends = Date.now() + VALID_MS;
  const end = new Date(ends).toISOString().slice(0, 19);
  const ldapTime = `${end.replaceAll(/[-:T]/g, '')}Z`;
  await room.server.editDirectory([[/^uid: alice$/m, `uid: alice\npwdEndTime: ${ldapTime}`]]);
  await room.server.sync();
  await room.machine.changeMedium(0, await room.server.drive(exampleInstances.web01));
  await expect.poll(report, POLL).toMatchObject({ generation: 2, trigger: 'medium-change' });
  await room.machine.changeMedium(0, undefined);
  expect((await room.as('alice', 'true')).exitCode).toBe(0);
  expect(await room.asRoot('systemctl list-timers --no-legend ubugi-wake-*')).toContain('ubugi-wake');
  await room.asRoot(`date --utc --set @${Math.floor((ends - LEFT_MS) / 1000)}`);
  await expect.poll(async () => (await room.as('alice', 'true')).exitCode, POLL).toBe(255);
  await expect.poll(report, POLL).toMatchObject({ generation: 2, trigger: 'timer', outcome: 'applied' });
  expect((await report()).startedAt >= end).toBe(true);
  expect(await room.asRoot('getent shadow alice')).toMatch(/^alice:!/);
  // Nothing is left to wake for, and nothing has failed.
  expect(await room.asRoot('systemctl list-timers --no-legend ubugi-wake-*')).toBe('');
  expect(await room.asRoot('systemctl --failed --no-legend --plain')).toBe('');
});
