import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQemuAdapter } from '../../../../hypervisor-hook/adapters/qemu/qemu-adapter.ts';
import type { QemuMachine } from '../../../../hypervisor-hook/configuration/configuration.ts';

const { signal } = new AbortController();

describe('machines that are QEMU processes', () => {
  let folder: string;
  let machine: QemuMachine;
  let qemu: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-qemu-'));
    machine = {
      name: 'web-01',
      instance: '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01',
      qmpSocket: join(folder, 'qmp.sock'),
      device: 'cd0',
      drive: join(folder, 'web-01.iso'),
      reportSocket: join(folder, 'report.sock'),
    };
    await writeFile(machine.drive, Buffer.alloc(4096));
  });
  afterEach(async () => {
    if (qemu?.kill('SIGKILL') === true) await once(qemu, 'exit');
    qemu = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  /** Firmware only. */
  async function start(): Promise<void> {
    const args = [
      ['-machine', 'pc', '-accel', 'tcg', '-m', '32', '-display', 'none', '-nodefaults', '-S'],
      ['-qmp', `unix:${machine.qmpSocket},server=on,wait=off`],
      [
        '-device',
        'virtio-scsi-pci',
        '-drive',
        `if=none,id=f,media=cdrom,readonly=on,format=raw,file=${machine.drive}`,
      ],
      ['-device', 'scsi-cd,id=cd0,drive=f'],
    ].flat();
    qemu = spawn('qemu-system-x86_64', args, { stdio: 'ignore', timeout: 60_000 });
    await expect
      .poll(async () => (await createQemuAdapter([machine]).list(signal))[0]?.state, { timeout: 20_000 })
      .toBe('running');
  }

  async function openInodes(): Promise<readonly number[]> {
    const found: number[] = [];
    for (const fd of await readdir(`/proc/${qemu?.pid}/fd`)) {
      const path = `/proc/${qemu?.pid}/fd/${fd}`;
      if ((await readlink(path).catch(() => '')).startsWith(machine.drive))
        found.push((await stat(path)).ino);
    }
    return [...new Set(found)];
  }

  async function replaceDrive(): Promise<number> {
    await writeFile(`${machine.drive}.new`, Buffer.alloc(4096, 1));
    await rename(`${machine.drive}.new`, machine.drive);
    return (await stat(machine.drive)).ino;
  }

  it('are listed with their state', async () => {
    const adapter = createQemuAdapter([machine]);
    const { name, instance, drive, device, reportSocket } = machine;
    const listed = { name, instance, drive: { path: drive, device } };
    expect(await adapter.list(signal)).toEqual([{ ...listed, state: 'off', reportSocket: undefined }]);
    await start();
    expect(await adapter.list(signal)).toEqual([{ ...listed, state: 'running', reportSocket }]);
  });

  it('see the new file after a swap, again and again', async () => {
    await start();
    const adapter = createQemuAdapter([machine]);
    const [listed] = await adapter.list(signal);
    if (listed === undefined) throw new Error('there is no machine');
    for (let time = 0; time < 3; time += 1) {
      const inode = await replaceDrive();
      await adapter.swapMedium(listed, signal);
      expect(await openInodes()).toEqual([inode]);
    }
  });

  it('say which device is wrong', async () => {
    await start();
    const adapter = createQemuAdapter([{ ...machine, device: 'cd9' }]);
    const [listed] = await adapter.list(signal);
    if (listed === undefined) throw new Error('there is no machine');
    await expect(adapter.swapMedium(listed, signal)).rejects.toThrow(/QEMU has no block device cd9/);
  });

  it('that do not run, or do not greet, are not waited for without end', async () => {
    const adapter = createQemuAdapter([machine]);
    const [listed] = await adapter.list(signal);
    if (listed === undefined) throw new Error('there is no machine');
    await expect(adapter.swapMedium(listed, signal)).rejects.toThrow(/cannot be asked \(ENOENT\)/);

    const silent = createServer((socket) => void socket.on('error', () => undefined));
    await new Promise<void>((resolve) => {
      silent.listen(machine.qmpSocket, resolve);
    });
    try {
      const stop = new AbortController();
      const swap = adapter.swapMedium(listed, stop.signal);
      stop.abort();
      await expect(swap).rejects.toThrow(/was not waited for any longer/);
    } finally {
      silent.close();
    }
  });
});
