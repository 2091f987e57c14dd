import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleInstances } from '../harness/example-server.ts';
import { aliceSudoRules, expectedWeb01, observe, sudoRules } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

let room: MachineRoom;

beforeAll(async () => {
  room = await openMachineRoom('stock');
  await room.whenUp('operator', 'cloud-init status --wait');
});

afterAll(() => room?.close());

test('a stock cloud-init image without launcher is dressed through vendor-data', async () => {
  const { report, ...machine } = await observe(room);
  expect(machine).toEqual(expectedWeb01);
  expect(report).toMatchObject({
    instance: exampleInstances.web01,
    generation: 1,
    outcome: 'applied',
    verified: false,
  });
});

test('cloud-init read the drive and reports no error', async () => {
  const status = await room.asRoot('cloud-init status --long; cat /run/cloud-init/result.json');
  expect(status).toMatch(/^status: done$/m);
  expect(status).toContain('DataSourceConfigDrive');
  expect(status).toMatch(/"errors": \[\]/);
  expect(status).not.toMatch(/degraded/i);
});

test('lets alice in with exactly her rules, and keeps bob out', async () => {
  const alice = await room.as('alice', 'sudo -n -l');
  expect(alice.exitCode).toBe(0);
  expect(sudoRules(alice.stdout)).toEqual(aliceSudoRules);
  expect((await room.as('bob', 'true')).stderr).toContain('Permission denied');
});
