import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { GuestDisk } from '../guest-image/guest-disk.ts';
import { type Acceleration, probeAcceleration } from './acceleration.ts';
import { connectQmp, type Qmp } from './qmp.ts';
import { createSerialConsole, type SerialConsole } from './serial-console.ts';

/** The guest's side of QEMU's user networking; the drive must give it this address and no other. */
export const guestNetwork = {
  mac: '52:54:00:12:34:56',
  address: '10.0.2.15/24',
  gateway: '10.0.2.2',
  dns: '10.0.2.3',
} as const;

/** An emulated machine of two hangs now and then before it has a console to say why: interrupts between them get lost. */
export const processors = { kvm: 2, tcg: 1 } as const satisfies Readonly<Record<Acceleration, number>>;

const LIFETIME_MS = 1_800_000;
const START_MS = 20_000;
const EJECT_MS = 60_000;

/** What to boot. */
export interface VirtualMachineOptions {
  /** Existing folder for console log and sockets; the caller removes it. */
  readonly dir: string;
  readonly disk: GuestDisk;
  /** SMBIOS UUID: the instance's. */
  readonly uuid: string;
  /** A CD-ROM drive each, with this medium; `undefined`: an empty tray. */
  readonly media: readonly (string | undefined)[];
  /** MAC addresses of more NICs, which see each other and nothing else. */
  readonly cards?: readonly string[];
}

/** A running QEMU. What it writes to its disk is gone when it stops. */
export interface VirtualMachine {
  readonly acceleration: Acceleration;
  readonly console: SerialConsole;
  /** Port on 127.0.0.1 that leads to the guest's sshd. */
  readonly sshPort: number;
  /** Puts another medium into a CD-ROM drive, as `virsh change-media --live` does; the tray must not be locked. */
  changeMedium(slot: number, image: string | undefined): Promise<void>;
  /** Ends QEMU at once. */
  stop(): Promise<void>;
}

/** Starts a machine and comes back when QEMU runs; the guest is only beginning to boot then. */
export async function startVirtualMachine(options: VirtualMachineOptions): Promise<VirtualMachine> {
  const { dir, disk } = options;
  const acceleration = await probeAcceleration(disk.kernel);
  const socket = join(dir, 'qmp.sock');
  // Of a machine that was started here before.
  await rm(socket, { force: true });
  const qemu = execa('qemu-system-x86_64', qemuArguments(options, acceleration, socket), {
    buffer: { stdout: false },
    stdin: 'ignore',
    reject: false,
    timeout: LIFETIME_MS,
    killSignal: 'SIGKILL',
  });
  const console = createSerialConsole(qemu.stdout, join(dir, 'console.log'));
  const ended = qemu.then((result) => result.stderr);
  try {
    const qmp = await whileRunning(ended, connectWhenThere(socket));
    const sshPort = await readSshPort(qmp);
    return {
      acceleration,
      console,
      sshPort,
      async changeMedium(slot, image) {
        await openTray(qmp, `cd${slot}`);
        await qmp.execute('blockdev-remove-medium', { id: `cd${slot}` });
        if (image === undefined) return;
        const change = { id: `cd${slot}`, filename: image, format: 'raw', 'read-only-mode': 'read-only' };
        await qmp.execute('blockdev-change-medium', change);
      },
      async stop() {
        qmp.close();
        qemu.kill('SIGKILL');
        await qemu;
      },
    };
  } catch (error) {
    qemu.kill('SIGKILL');
    await qemu;
    throw error;
  }
}

function qemuArguments(
  { disk, uuid, media, cards = [] }: VirtualMachineOptions,
  acceleration: Acceleration,
  socket: string,
): readonly string[] {
  const accelerator = acceleration === 'kvm' ? ['kvm', 'host'] : ['tcg', 'max'];
  const trays = media.flatMap((image, slot) => {
    const medium = image === undefined ? '' : `,format=raw,file=${image}`;
    const drive = ['-drive', `if=none,id=medium${slot},media=cdrom,readonly=on${medium}`];
    return [...drive, '-device', `scsi-cd,id=cd${slot},drive=medium${slot}`];
  });
  return [
    ['-machine', 'pc', '-accel', accelerator[0] ?? '', '-cpu', accelerator[1] ?? ''],
    [
      '-smp',
      String(processors[acceleration]),
      '-m',
      '1024',
      '-uuid',
      uuid,
      '-nodefaults',
      '-display',
      'none',
      '-serial',
      'stdio',
    ],
    ['-qmp', `unix:${socket},server=on,wait=off`],
    ['-kernel', disk.kernel, '-initrd', disk.initrd, '-append', 'root=/dev/vda ro console=ttyS0'],
    ['-drive', `file=${disk.image},format=raw,if=virtio,snapshot=on`],
    ['-device', 'virtio-scsi-pci', ...trays],
    // Nothing but the forwarded port passes: tests neither need nor reach a network.
    ['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
    ['-device', `virtio-net-pci,netdev=net0,mac=${guestNetwork.mac}`],
    ...cards.map((mac, at) => [
      '-netdev',
      `hubport,id=card${at},hubid=0`,
      '-device',
      `virtio-net-pci,netdev=card${at},mac=${mac}`,
    ]),
  ].flat();
}

/**
 * Asks the guest to let the medium go, as libvirt does: udev locks the tray and opens it on request. Asks once only: a
 * second request would throw out the next medium.
 */
async function openTray(qmp: Qmp, id: string): Promise<void> {
  await qmp.execute('blockdev-open-tray', { id }).catch((error: unknown) => {
    if (!String(error).includes('is locked')) throw error;
  });
  const deadline = Date.now() + EJECT_MS;
  for (;;) {
    const drives = (await qmp.execute('query-block')) as readonly { qdev?: string; tray_open?: boolean }[];
    if (drives.some((drive) => drive.qdev === id && drive.tray_open === true)) return;
    if (Date.now() > deadline) throw new Error(`the guest did not open the tray of ${id}`);
    await delay(200);
  }
}

async function whileRunning<T>(ended: Promise<string>, work: Promise<T>): Promise<T> {
  const failed = ended.then((stderr) => {
    throw new Error(`QEMU did not start: ${stderr}`);
  });
  return Promise.race([work, failed]);
}

async function connectWhenThere(socket: string): Promise<Qmp> {
  const deadline = Date.now() + START_MS;
  while (!existsSync(socket)) {
    if (Date.now() > deadline) throw new Error(`QEMU did not make ${socket} within ${START_MS / 1000} s`);
    await delay(50);
  }
  return connectQmp(socket);
}

/** QEMU picks the forwarded port itself and shows it in this table only. */
async function readSshPort(qmp: Qmp): Promise<number> {
  const table = String(await qmp.execute('human-monitor-command', { 'command-line': 'info usernet' }));
  const port = /HOST_FORWARD\S*\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1];
  if (port === undefined) throw new Error(`QEMU forwards no port:\n${table}`);
  return Number(port);
}
