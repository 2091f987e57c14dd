import { mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../guest-agent/launcher');

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ubugi-install-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

test('puts launcher and unit into a root file system, enabled, twice the same', async () => {
  await writeFile(join(root, 'signers'), 'ubugi namespaces="ubugi-drive" ssh-ed25519 AAAA\n');
  for (let run = 0; run < 2; run += 1) {
    await execa('sh', [join(FOLDER, 'install.sh'), root, join(root, 'signers')]);
  }
  expect((await stat(join(root, 'usr/lib/ubugi/ubugi-launcher'))).mode & 0o777).toBe(0o755);
  for (const part of ['identify-machine.sh', 'examine-drive.sh']) {
    expect(await readFile(join(root, 'usr/lib/ubugi', part), 'utf8')).toBe(
      await readFile(join(FOLDER, part), 'utf8'),
    );
  }
  expect(await readlink(join(root, 'etc/systemd/system/sysinit.target.wants/ubugi.service'))).toBe(
    '/usr/lib/systemd/system/ubugi.service',
  );
  expect(await readFile(join(root, 'etc/ubugi/trusted_signers'), 'utf8')).toContain('ssh-ed25519 AAAA');
});

test('refuses a root that is not there', async () => {
  const result = await execa('sh', [join(FOLDER, 'install.sh'), join(root, 'nowhere')], { reject: false });
  expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('usage') as string });
});

test('the unit passes systemd-analyze verify', async () => {
  const unit = join(root, 'ubugi.service');
  const program = join(root, 'ubugi-launcher');
  await mkdir(root, { recursive: true });
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
  const text = await readFile(join(FOLDER, 'ubugi.service'), 'utf8');
  // verify wants the program to be there, and the documentation too.
  const present = text.replace('/usr/lib/ubugi/ubugi-launcher', program).replace(/^Documentation=.*\n/m, '');
  await writeFile(unit, present);
  const result = await execa('systemd-analyze', ['verify', '--recursive-errors=no', unit], {
    all: true,
    reject: false,
    timeout: 30_000,
  });
  expect(result).toMatchObject({ exitCode: 0, all: '' });
});
