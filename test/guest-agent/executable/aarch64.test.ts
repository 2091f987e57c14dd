import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

const most = 1_500_000;

/** The aarch64 executable under qemu-user, and what holds for both. */
describe('ubugi-agent executables', () => {
  let aarch64: string;
  let root: GuestRoot;
  beforeAll(async () => {
    aarch64 = await buildAgent('aarch64');
    root = await createGuestRoot();
  }, 600_000);
  afterAll(() => root.remove());

  test('are small and static', async () => {
    for (const path of [aarch64, await buildAgent('x86_64')]) {
      expect(statSync(path).size).toBeLessThan(most);
      const { stdout } = await execa('readelf', ['-l', path]);
      expect(stdout).not.toContain('INTERP');
    }
  });

  test('come out the same, bit for bit, when built again from nothing', async () => {
    const again = mkdtempSync(join(tmpdir(), 'ubugi-build-'));
    try {
      const path = await buildAgent('x86_64', { cache: again });
      const built = readFileSync(path);
      expect(built.equals(readFileSync(await buildAgent('x86_64')))).toBe(true);
      expect(built.includes(resolve(import.meta.dirname, '../../..'))).toBe(false);
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
  }, 300_000);

  test('aarch64 plans and applies', async () => {
    mkdirSync(join(root.path, 'opt'), { recursive: true });
    copyFileSync(aarch64, join(root.path, 'opt/agent'));
    copyFileSync('/usr/bin/qemu-aarch64-static', join(root.path, 'opt/qemu'));
    writeDriveFolder(join(root.path, 'drive'), exampleGuest());
    const version = await root.run(['/opt/qemu', '/opt/agent', 'version']);
    expect(version.stdout).toMatch(/^ubugi-agent \d+\.\d+\.\d+ aarch64$/);
    const plan = await root.run(['/opt/qemu', '/opt/agent', 'plan', '--drive', '/drive', '--offline']);
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining('+ account alice') as string });
    const apply = await root.run(['/opt/qemu', '/opt/agent', 'apply', '--drive', '/drive', '--offline']);
    expect(apply).toMatchObject({ status: 0, stdout: expect.stringContaining('applied') as string });
    expect((await root.run(['id', '-nG', 'alice'])).stdout).toContain('operators');
  });
});
