import { mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOpenFiles, fileIdentity } from '../../../hypervisor-hook/watch/machines/open-files.ts';

describe('the files that hypervisors have open', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-open-'));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const identity = async (path: string): Promise<string> => fileIdentity(await stat(path));

  it('are those of processes by the names of hypervisors only', async () => {
    const [ours, others] = [join(folder, 'ours'), join(folder, 'others')];
    for (const [pid, comm, file] of [
      ['10', 'qemu-system-x86', ours],
      ['11', 'bash', others],
      ['self', 'qemu-kvm', others],
    ] as const) {
      await writeFile(file, '');
      await mkdir(join(folder, 'proc', pid, 'fd'), { recursive: true });
      await writeFile(join(folder, 'proc', pid, 'comm'), `${comm}\n`);
      await symlink(file, join(folder, 'proc', pid, 'fd', '3'));
      await symlink('/dev/null', join(folder, 'proc', pid, 'fd', '4'));
      await symlink(join(folder, 'absent'), join(folder, 'proc', pid, 'fd', '5'));
    }
    expect(await createOpenFiles(join(folder, 'proc'))()).toEqual(new Set([await identity(ours)]));
    expect(await createOpenFiles(join(folder, 'nothing'))()).toEqual(new Set());
  });

  it('are still the old ones of a real QEMU after a drive was replaced by rename', async () => {
    const drive = join(folder, 'drive.iso');
    await writeFile(drive, Buffer.alloc(1024 * 1024));
    const end = new AbortController();
    const qemu = execa(
      'qemu-system-x86_64',
      ['-S', '-display', 'none', '-m', '16', '-accel', 'tcg', '-nodefaults', '-cdrom', drive],
      { reject: false, cancelSignal: end.signal, forceKillAfterDelay: 1000 },
    );
    try {
      const old = await identity(drive);
      const open = createOpenFiles();
      await vi.waitFor(async () => expect([...(await open())]).toContain(old), { timeout: 50_000 });
      await writeFile(join(folder, 'new'), Buffer.alloc(1024 * 1024));
      await rename(join(folder, 'new'), drive);
      const seen = await open();
      expect(seen.has(old)).toBe(true);
      expect(seen.has(await identity(drive))).toBe(false);
    } finally {
      end.abort();
      await qemu;
    }
  });
});
