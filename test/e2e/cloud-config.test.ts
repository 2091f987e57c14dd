import { afterAll, beforeAll, expect, test } from 'vitest';
import { guestNetwork } from '../harness/virtual-machine/virtual-machine.ts';
import { aliceSudoRules, expectedWeb01, sudoRules } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

let room: MachineRoom;

beforeAll(async () => {
  const policy = 'guests: [{ name: nothing of ours runs, guest: cloud-config }]\n';
  room = await openMachineRoom('stock', undefined, undefined, policy);
  await room.whenUp('operator', 'cloud-init status --wait');
});

afterAll(() => room?.close());

test('a stock image is dressed by its own cloud-init, which finds no error', async () => {
  const status = await room.asRoot('cloud-init status --long; cat /run/cloud-init/result.json');
  expect(status).toMatch(/^status: done$/m);
  expect(status).toContain('DataSourceConfigDrive');
  expect(status).toMatch(/"errors": \[\]/);
  expect(status).not.toMatch(/degraded/i);
});

test('nothing of ours ran in it', async () => {
  expect(await room.asRoot('ls /run/ubugi /var/lib/ubugi 2>&1; pgrep -a ubugi || echo none')).not.toMatch(
    /report|applied|owned|ubugi-agent/,
  );
});

test('has its name, address and gateway, time servers, files and what its script made', async () => {
  const questions = [
    'hostname',
    'hostname -f',
    `ip -o addr show scope global | grep -o '${guestNetwork.address}'`,
    "ip route show default | cut -d' ' -f3",
    'cat /etc/issue.net',
    'stat -c %a /srv/www',
  ];
  expect((await room.asRoot(questions.join('\n'))).trim().split('\n')).toEqual([
    expectedWeb01.hostname,
    expectedWeb01.fqdn,
    guestNetwork.address,
    guestNetwork.gateway,
    expect.stringContaining('web-01.tokyo.example.com of '),
    '755',
  ]);
  expect(await room.asRoot('cat /etc/chrony/chrony.conf')).toMatch(
    /^server ntp1\.tokyo\.example\.com iburst$/m,
  );
});

test('lets alice in with exactly her rules, and keeps bob out', async () => {
  const alice = await room.as('alice', 'id; sudo -n -l');
  expect(alice.exitCode).toBe(0);
  expect(alice.stdout).toMatch(/^uid=\d+\(alice\).*\bweb-admins\b/);
  expect(sudoRules(alice.stdout)).toEqual(aliceSudoRules);
  expect((await room.as('bob', 'true')).stderr).toContain('Permission denied');
});
