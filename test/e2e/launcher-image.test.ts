import { cp, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleInstances } from '../harness/example-server.ts';
import { aliceSudoRules, expectedWeb01, observe, readReport, sudoRules } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

/** Not what it says about its runs: a refused medium is news. */
const WHERE =
  '/etc /home /srv /var/lib/ubugi -xdev -type f -not -path /var/lib/ubugi/report.json -not -path "/var/lib/ubugi/outbox/*"';
/** All that Ubugi makes of a machine, with mode and owner. */
const STATE = `(find ${WHERE} -printf '%p %m %U %G\\n'; find ${WHERE} -print0 | xargs -0 sha256sum) | sort | sha256sum`;

let room: MachineRoom;
let firstDrive: string;

beforeAll(async () => {
  room = await openMachineRoom('launcher');
  firstDrive = await room.server.drive(exampleInstances.web01);
  await room.whenUp('operator', 'true');
});

afterAll(() => room?.close());

/** Puts media into the trays and runs the launcher as the unit does. */
async function offer(...media: readonly [string?, string?]): Promise<{ status: string; console: string }> {
  await room.machine.changeMedium(0, media[0]);
  await room.machine.changeMedium(1, media[1]);
  const output = await room.asRoot(
    'since=$(date +%s); systemctl restart ubugi 2>/dev/null; echo $?; journalctl -o cat -u ubugi --since "@$since"',
  );
  const [status = '', ...console] = output.split('\n');
  return { status, console: console.join('\n') };
}

describe('an image with the launcher', () => {
  test('is dressed before anybody can log in', async () => {
    const { report, ...machine } = await observe(room);
    expect(machine).toEqual(expectedWeb01);
    expect(report).toMatchObject({
      instance: exampleInstances.web01,
      generation: 1,
      outcome: 'applied',
      verified: true,
    });
    const order = await room.asRoot(
      'systemctl show -P ActiveEnterTimestampMonotonic ubugi ssh systemd-logind getty.target chrony',
    );
    const [ubugi = 0, ...others] = order.split('\n').filter(Boolean).map(Number);
    expect(Math.min(...others)).toBeGreaterThan(ubugi);
    expect(await room.asRoot('systemctl --failed --no-legend --plain')).toBe('');
  });

  test('lets alice in with her key and gives her exactly her rules', async () => {
    const { exitCode, stdout } = await room.as('alice', 'id -un; sudo -n -l');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^alice\n/);
    expect(sudoRules(stdout)).toEqual(aliceSudoRules);
    expect((await room.as('alice', 'sudo -n /usr/bin/id')).exitCode).not.toBe(0);
  });

  test('keeps bob out, who has no access here', async () => {
    const { exitCode, stderr } = await room.as('bob', 'true');
    expect(exitCode).toBe(255);
    expect(stderr).toContain('Permission denied');
  });

  test('a second run changes nothing', async () => {
    const before = await room.asRoot(STATE);
    await room.asRoot('systemctl restart ubugi');
    const report = readReport(await room.asRoot('cat /run/ubugi/report.json'));
    expect(report).toMatchObject({ outcome: 'unchanged', generation: 1 });
    expect(await room.asRoot(STATE)).toBe(before);
  });

  test('nor does a second boot', async () => {
    const bootId = await room.asRoot('cat /proc/sys/kernel/random/boot_id');
    await room.as('operator', 'systemctl reboot');
    await expect
      .poll(async () => (await room.whenUp('operator', 'cat /proc/sys/kernel/random/boot_id')).stdout, {
        timeout: 300_000,
        interval: 2000,
      })
      .not.toBe(bootId);
    const { report, ...machine } = await observe(room);
    expect(machine).toEqual(expectedWeb01);
    expect(report).toMatchObject({ outcome: 'unchanged', generation: 1 });
    expect((await room.as('alice', 'true')).exitCode).toBe(0);
  });
});

describe('a drive in the running machine', () => {
  beforeAll(async () => {
    // Each change of a medium would start a run of its own, beside the one that is looked at here.
    await room.asRoot('ln -s /dev/null /etc/udev/rules.d/90-ubugi.rules; udevadm control --reload');
  });

  test('of the next generation is applied: carol is out, dave is in', async () => {
    expect((await room.as('carol', 'true')).exitCode).toBe(0);
    await room.server.editDirectory([[/(cn: web-admins[^]*?)memberUid: carol/, '$1memberUid: dave']]);
    await room.server.sync();
    const { status } = await offer(await room.server.drive(exampleInstances.web01));
    expect(status).toBe('0');
    expect((await room.as('dave', 'true')).exitCode).toBe(0);
    expect((await room.as('carol', 'true')).exitCode).toBe(255);
    const report = readReport(await room.asRoot('cat /run/ubugi/report.json'));
    expect(report).toMatchObject({ outcome: 'applied', generation: 2 });
  });

  test.each([
    ['an older generation', () => firstDrive, /holds generation 1, older than generation 2/],
    [
      'another instance',
      () => room.server.drive(exampleInstances.web02),
      /it is for instance 5f2b6a1e-.*a02/,
    ],
    ['one flipped bit', flippedBit, /ubugi\/launch is missing or not as it was signed/],
    ['an unlisted file', unlistedFile, /ubugi\/extra is not in the signed manifest/],
  ])('of %s is refused', async (_what, image, reason) => {
    const before = await room.asRoot(STATE);
    const { status, console } = await offer(await image());
    expect(status).not.toBe('0');
    expect(console).toMatch(reason);
    expect(console).toContain('this machine stays as it was');
    const report = readReport(await room.asRoot('cat /run/ubugi/report.json'));
    expect(report).toMatchObject({
      instance: exampleInstances.web01,
      outcome: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
    expect(await room.asRoot(STATE)).toBe(before);
    expect((await room.as('alice', 'true')).exitCode).toBe(0);
  });

  test('that is gone changes nothing', async () => {
    const before = await room.asRoot(STATE);
    const { status, console } = await offer(undefined);
    expect(status).toBe('0');
    expect(console).toContain('the drive that was applied last is applied again');
    expect(await room.asRoot(STATE)).toBe(before);
  });

  test("a tenant's medium with our label is reported and not used", async () => {
    const genuine = await room.server.drive(exampleInstances.web01);
    const { status, console } = await offer(genuine, await tenantMedium());
    expect(status).toBe('0');
    expect(console).toMatch(/refused \/dev\/sr\d: the signature of ubugi\/manifest.json is not by a signer/);
    expect(console).toContain('generation 2');
    expect(await room.asRoot('cat /run/ubugi/refused')).toContain('not by a signer');
    expect((await room.as('bob', 'true')).exitCode).toBe(255);
  });
});

async function flippedBit(): Promise<string> {
  const image = join(room.dir, 'flipped.iso');
  await cp(await room.server.drive(exampleInstances.web01), image);
  const offset = (await readFile(image)).indexOf("# launch - the drive's entry point");
  const file = await open(image, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset + 2);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, offset + 2);
  await file.close();
  return image;
}

/** The genuine drive, its signature included, with one file more. */
async function unlistedFile(): Promise<string> {
  const image = join(room.dir, 'unlisted.iso');
  const genuine = await room.server.drive(exampleInstances.web01);
  await execa('xorriso', ['-indev', genuine, '-outdev', image, '-map', '/etc/hostname', '/ubugi/extra']);
  return image;
}

/** The genuine drive's files under a key of the tenant's own. */
async function tenantMedium(): Promise<string> {
  const tree = join(room.dir, 'tenant');
  const image = join(room.dir, 'tenant.iso');
  const genuine = await room.server.drive(exampleInstances.web01);
  await execa('xorriso', ['-osirrox', 'on:auto_chmod_on', '-indev', genuine, '-extract', '/', tree]);
  await execa('chmod', ['-R', 'u+w', tree]);
  const manifest = join(tree, 'ubugi/manifest.json');
  await execa('ssh-keygen', ['-Y', 'sign', '-f', join(room.dir, 'bob'), '-n', 'ubugi-drive', manifest]);
  await cp(`${manifest}.sig`, join(tree, 'ubugi/manifest.sig'));
  await execa('rm', [`${manifest}.sig`]);
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-o', image, '-V', 'config-2', '-r', '-J', tree]);
  return image;
}
