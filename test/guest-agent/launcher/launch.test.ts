import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SHELLS } from './launcher-bench.ts';

const LAUNCH = join(import.meta.dirname, '../../../guest-agent/launcher/launch');

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ubugi-launch-'));
  for (const folder of ['bin', 'etc', 'run', 'var', 'cdrom/ubugi']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const { stdout: busybox } = await execa('which', ['busybox']);
  await cp(busybox, join(root, 'bin/busybox'));
  for (const applet of ['sh', 'mkdir', 'mount', 'cp', 'chmod', 'mv', 'uname']) {
    await symlink('busybox', join(root, 'bin', applet));
  }
  await cp(LAUNCH, join(root, 'cdrom/ubugi/launch'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Puts a program that stands in for the agent on the drive: it records where it was started from, and how. */
async function addAgent(drive: string, arch: string): Promise<void> {
  const folder = join(root, drive, 'ubugi/agent', arch);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'ubugi-agent'), '#!/bin/sh\necho "$0 $*" >>/var/calls\nexit 1\n');
  await chmod(join(folder, 'ubugi-agent'), 0o444);
}

/** Runs `launch` from a stock image's vendor-data, in a mount namespace of its own. */
async function launch(shell: string, drive: string, ...options: string[]) {
  const sh = shell === 'busybox' ? ['/bin/busybox', 'sh'] : ['/bin/dash'];
  if (shell === 'dash') {
    // dash and the libraries that it needs, where ldd(1) finds them.
    const { stdout } = await execa('ldd', ['/bin/dash']);
    for (const path of ['/bin/dash', ...(stdout.match(/\/\S+\.so\S*/g) ?? [])]) {
      await cp(path, join(root, path), { recursive: true, dereference: true });
    }
  }
  const { exitCode, all } = await execa(
    'unshare',
    ['-m', 'chroot', root, ...sh, `${drive}/ubugi/launch`, drive, ...options],
    { all: true, reject: false, timeout: 20_000, env: { PATH: '/bin:/usr/bin:/usr/sbin:/sbin' } },
  );
  const calls = await readFile(join(root, 'var/calls'), 'utf8').catch(() => '');
  return { exitCode, output: all, calls };
}

describe.each(SHELLS)('launch in %s', (shell) => {
  test('becomes a copy of the agent and says that nobody checked the drive', async () => {
    await addAgent('cdrom', 'x86_64');
    await addAgent('cdrom', 'aarch64');
    const { exitCode, output, calls } = await launch(shell, '/cdrom', '--json');
    expect(calls).toBe('/run/ubugi/agent/ubugi-agent apply --drive /cdrom --json\n');
    expect(output).toContain('without checking who made the drive');
    expect(exitCode).toBe(1);
  });

  test("runs the agent of the launcher's copy in place", async () => {
    await mkdir(join(root, 'run/ubugi/drive/1'), { recursive: true });
    await cp(join(root, 'cdrom'), join(root, 'run/ubugi/drive/1'), { recursive: true });
    await addAgent('run/ubugi/drive/1', 'x86_64');
    await addAgent('run/ubugi/drive/1', 'aarch64');
    await writeFile(join(root, 'run/ubugi/handled'), '');
    const { calls } = await launch(shell, '/run/ubugi/drive/1', '--verified');
    expect(calls).toMatch(
      /^\/run\/ubugi\/drive\/1\/ubugi\/agent\/(x86_64|aarch64)\/ubugi-agent apply --drive \/run\/ubugi\/drive\/1 --verified\n$/,
    );
  });

  test.each([
    ['has decided about this boot', 'run/ubugi/handled'],
    ['trusts certain signers only', 'etc/ubugi/trusted_signers'],
  ])('leaves an image alone whose launcher %s', async (_what, file) => {
    await addAgent('cdrom', 'x86_64');
    await addAgent('cdrom', 'aarch64');
    await mkdir(join(root, file, '..'), { recursive: true });
    await writeFile(join(root, file), '');
    expect(await launch(shell, '/cdrom')).toMatchObject({
      exitCode: 0,
      calls: '',
      output: expect.stringContaining('launcher of its own') as string,
    });
  });

  test('without an agent for this machine changes nothing', async () => {
    await addAgent('cdrom', 'riscv64');
    expect(await launch(shell, '/cdrom')).toMatchObject({
      exitCode: 2,
      calls: '',
      output: expect.stringMatching(/there is no agent for (x86_64|aarch64) on this drive/) as string,
    });
  });
});
