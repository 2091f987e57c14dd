import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { vendorData } from '../../../server/drive/tree/vendor-data.ts';
import { SHELLS } from '../../guest-agent/launcher/launcher-bench.ts';
import { sampleGeneration } from '../sample-generation.ts';

const generation = sampleGeneration();
const { id } = generation.guest.instance;
const kept = 'ab'.repeat(32);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ubugi-vendor-data-'));
  for (const folder of ['bin', 'dev', 'proc', 'run', 'var/lib/ubugi']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const { stdout: busybox } = await execa('which', ['busybox']);
  await cp(busybox, join(root, 'bin/busybox'));
  for (const applet of ['sh', 'mkdir', 'umount', 'grep', 'cat']) {
    await symlink('busybox', join(root, 'bin', applet));
  }
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function program(path: string, line: string): Promise<void> {
  await writeFile(join(root, path), `#!/bin/sh\n${line}\n`);
  await chmod(join(root, path), 0o755);
}

/** A folder that is a drive as far as the script looks; its launch ends with the status. */
async function drive(folder: string, instance: string, status: number): Promise<void> {
  await mkdir(join(root, folder, 'ubugi'), { recursive: true });
  await writeFile(join(root, folder, 'ubugi/manifest.json'), `{\n  "instance": "${instance}"\n}\n`);
  await program(join(folder, 'ubugi/launch'), `echo "$*" >>/var/calls; exit ${status}`);
}

/** The drive that was applied last, and another that a killed run left behind. */
async function keep(instance: string, status = 0): Promise<void> {
  await drive(`var/lib/ubugi/drive/${kept}`, instance, status);
  await drive(`var/lib/ubugi/drive/${'cd'.repeat(32)}`, instance, 0);
  await writeFile(join(root, 'var/lib/ubugi/applied.json'), JSON.stringify({ manifestSha256: kept }));
}

/** A labelled medium with what is in /cdrom: mounting it is a bind mount. */
async function insert(instance: string, status: number): Promise<void> {
  await drive('cdrom', instance, status);
  await execa('mknod', [join(root, 'dev/tray'), 'b', '7', '250']);
  await program('bin/blkid', 'echo /dev/tray');
  await program('bin/mount', 'for last; do :; done; exec /bin/busybox mount -o bind /cdrom "$last"');
}

/** What cloud-init runs at each boot. */
async function boot(shell: string) {
  const { bootcmd } = parse(vendorData(generation)['cloud-init']) as { bootcmd: string[][] };
  const script = bootcmd[0]?.[2] ?? '';
  if (shell === 'dash') {
    // dash and the libraries that it needs, where ldd(1) finds them.
    const { stdout } = await execa('ldd', ['/bin/dash']);
    for (const path of ['/bin/dash', ...(stdout.match(/\/\S+\.so\S*/g) ?? [])]) {
      await cp(path, join(root, path), { recursive: true, dereference: true });
    }
  }
  const sh = shell === 'busybox' ? ['/bin/busybox', 'sh'] : ['/bin/dash'];
  const { exitCode, all } = await execa('unshare', ['-m', 'chroot', root, ...sh, '-c', script], {
    all: true,
    reject: false,
    timeout: 20_000,
  });
  const calls = await readFile(join(root, 'var/calls'), 'utf8').catch(() => '');
  return { exitCode, output: all, calls: calls.split('\n').filter(Boolean) };
}

describe.each(SHELLS)('the vendor-data of a stock image in %s', (shell) => {
  const medium = '/run/ubugi/vendor-data --trigger boot';
  const copy = `/var/lib/ubugi/drive/${kept} --trigger boot`;

  test('starts the drive that is attached, and no other', async () => {
    await insert(id, 1);
    await keep(id);
    expect(await boot(shell)).toMatchObject({ exitCode: 1, calls: [medium] });
  });

  test('starts the kept drive where none is attached', async () => {
    await keep(id);
    expect(await boot(shell)).toMatchObject({
      exitCode: 0,
      calls: [copy],
      output: expect.stringContaining('no drive of this machine to use is attached') as unknown,
    });
    await keep(id, 1);
    expect((await boot(shell)).exitCode).toBe(1);
  });

  test("passes over a tenant's medium", async () => {
    await insert('00000000-0000-4000-8000-000000000000', 0);
    await keep(id);
    expect(await boot(shell)).toMatchObject({ exitCode: 0, calls: [copy] });
  });

  test('starts the kept drive after the attached one was refused, which stays the outcome', async () => {
    await insert(id, 2);
    await keep(id);
    expect(await boot(shell)).toMatchObject({ exitCode: 2, calls: [medium, copy] });
  });

  test('does nothing where nothing is kept, or what is kept is of the machine that this one was cloned from', async () => {
    expect(await boot(shell)).toMatchObject({ exitCode: 0, calls: [] });
    await keep('00000000-0000-4000-8000-000000000000');
    expect(await boot(shell)).toMatchObject({ exitCode: 0, calls: [] });
  });

  test('leaves all of it to a launcher in the image', async () => {
    await keep(id);
    await mkdir(join(root, 'usr/lib/ubugi'), { recursive: true });
    await program('usr/lib/ubugi/ubugi-launcher', 'exit 0');
    expect(await boot(shell)).toMatchObject({ exitCode: 0, calls: [] });
  });
});
