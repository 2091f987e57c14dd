import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleInstances } from '../harness/example-server.ts';
import { fatImage } from '../harness/fat-image.ts';
import { expectedWeb01, observe } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';
import { makeTenantMedium, tenantTraces } from './tenant-medium.ts';

/** Prints what of a tenant's medium was acted on: nothing. */
const TRACES = `getent passwd ${tenantTraces.account} || :; ls ${tenantTraces.file} ${tenantTraces.injected} 2>/dev/null || :; grep -rl ${tenantTraces.account} /etc/sudoers.d || :`;
/** As on a machine that cloud-init and Ubugi have never seen. */
const FORGET = 'cloud-init clean --logs; rm -rf /var/lib/ubugi; sync';

let dir: string;
let room: MachineRoom;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubugi-tenant-'));
  // cloud-init takes the last device first: these lie in the trays behind the genuine one.
  room = await openMachineRoom('launcher', 'cloud-init', [
    await makeTenantMedium(join(dir, 'config-drive.iso'), 'ConfigDrive', exampleInstances.web01),
    await makeTenantMedium(join(dir, 'no-cloud.iso'), 'NoCloud', exampleInstances.web01),
    await makeFat(join(dir, 'fat.img')),
  ]);
  await room.whenUp('operator', 'cloud-init status --wait');
});

afterAll(async () => {
  await room?.close();
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
});

/** Not ISO 9660, and labelled in capitals: cloud-init looks at it too. */
async function makeFat(path: string): Promise<string> {
  await writeFile(path, fatImage('CONFIG-2'));
  return path;
}

/**
 * What a boot does of it, without the boot, which takes minutes beside other machines: the first one has shown the order.
 * The launcher looks for a drive, then cloud-init's units are started.
 */
const COME_UP = [
  'rm -rf /run/ubugi/cloud-init',
  '/usr/lib/ubugi/ubugi-launcher --wait 1 --trigger boot',
  'systemctl restart cloud-init-local cloud-init; :',
].join('; ');

describe('cloud-init in an image with pinned signers', () => {
  test("reads the verified drive, and nothing of a tenant's media", async () => {
    const status = await room.asRoot('cloud-init status --long; cat /run/cloud-init/result.json');
    expect(status).toMatch(/^status: done$/m);
    expect(status).toContain('[source=/var/lib/cloud/seed/config_drive]');
    expect(status).toMatch(/"errors": \[\]/);
    expect(await room.asRoot(TRACES)).toBe('');
    expect(await room.asRoot('cloud-init query instance_id')).toContain(exampleInstances.web01);
    expect(await room.asRoot('stat -c %a /run/ubugi/cloud-init')).toContain('700');
  });

  test('leaves the machine as the launcher dressed it', async () => {
    const { report, ...machine } = await observe(room);
    expect(machine).toEqual(expectedWeb01);
    expect(report).toMatchObject({
      outcome: 'applied',
      verified: true,
      refusedMedia: expect.arrayContaining([
        { medium: '/dev/sr1', reason: 'it has no ubugi/manifest.json: it is not a drive of Ubugi' },
        { medium: '/dev/sr3', reason: 'it is not a readable ISO 9660 image' },
      ]) as unknown,
    });
  });

  test('does nothing where the tenant has the only media', async () => {
    await room.machine.changeMedium(0, undefined);
    await room.asRoot(FORGET);
    await room.as('operator', COME_UP);
    expect(await room.asRoot('systemctl show -P ConditionResult cloud-init-local cloud-init')).toBe(
      'no\n\nno',
    );
    expect(await room.asRoot('systemctl --failed --no-legend --plain | grep cloud || :')).toBe('');
    expect(await room.asRoot(TRACES)).toBe('');
    expect(await room.asRoot('cat /run/ubugi/refused')).toContain('/dev/sr1: it has no ubugi/manifest.json');
  });

  test('takes nothing from them even if somebody starts it', async () => {
    await room.as('operator', 'cloud-init init --local; cloud-init init');
    expect(await room.asRoot('cat /var/lib/cloud/instance/datasource')).toContain('DataSourceNone');
    expect(await room.asRoot(`${TRACES}; grep -o source=/dev.* /var/log/cloud-init.log || :`)).toBe('');
  });

  test('would have taken them without the guard', async () => {
    await room.asRoot(`sh /usr/lib/ubugi/cloud-init-guard off; ${FORGET}`);
    await room.as('operator', 'cloud-init init --local');
    expect(await room.asRoot('cat /var/log/cloud-init.log')).toMatch(/ConfigDrive \[.*source=\/dev\/sr1\]/);
  });
});
