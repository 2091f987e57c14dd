import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Libvirt } from '../libvirt.ts';
import { type Acceleration, probeAcceleration } from './acceleration.ts';
import { createSerialConsole } from './serial-console.ts';
import {
  guestNetwork,
  processors,
  type VirtualMachine,
  type VirtualMachineOptions,
} from './virtual-machine.ts';

/** Name of the domain: one libvirt runs one such machine. */
export const domainName = 'web-01';

const EJECT_MS = 120_000;

/**
 * Boots a machine as a domain of libvirt, with the devices of `startVirtualMachine`, and changes its media with virsh.
 * What it writes to its disk stays there.
 * @param prepare runs between the definition of the domain and its start
 */
export async function startLibvirtMachine(
  libvirt: Libvirt,
  options: Omit<VirtualMachineOptions, 'cards'>,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): Promise<VirtualMachine> {
  const { dir } = options;
  const acceleration = await probeAcceleration(options.disk.kernel);
  const virsh = async (...args: readonly string[]): Promise<string> => {
    const run = await libvirt.virsh(...args);
    if (run.status !== 0) throw new Error(`virsh ${args.join(' ')}: ${run.stderr}`);
    return run.stdout;
  };
  // QEMU connects when it starts: nothing of the console is lost.
  const socketPath = join(dir, 'console.sock');
  await rm(socketPath, { force: true });
  const listener = createServer().listen(socketPath);
  try {
    await once(listener, 'listening');
    const connection = once(listener, 'connection') as Promise<[Socket]>;
    await libvirt.define(domainXml(options, acceleration, socketPath));
    await prepare();
    await virsh('start', domainName);
    const [stream] = await connection;
    stream.on('error', () => stream.destroy());
    const usernet = await virsh('qemu-monitor-command', domainName, '--hmp', 'info usernet');
    const port = /HOST_FORWARD\S*\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(usernet)?.[1];
    if (port === undefined) throw new Error(`QEMU forwards no port:\n${usernet}`);
    return {
      acceleration,
      console: createSerialConsole(stream, join(dir, 'console.log')),
      sshPort: Number(port),
      changeMedium: (slot, image) => changeMedium(libvirt, target(slot), image),
      async stop() {
        await libvirt.virsh('destroy', domainName);
        await libvirt.virsh('undefine', domainName);
        listener.close();
      },
    };
  } catch (error) {
    await libvirt.virsh('destroy', domainName);
    listener.close();
    throw error;
  }
}

/**
 * `virsh change-media`, as an operator does it: where the guest has locked the tray, libvirt asks it to let go and gives
 * up; once the tray is open, the same command goes through.
 */
async function changeMedium(libvirt: Libvirt, disk: string, image: string | undefined): Promise<void> {
  const what = image === undefined ? ['--eject'] : [image, '--update'];
  const command = ['change-media', domainName, disk, ...what, '--live'];
  const first = await libvirt.virsh(...command);
  if (first.status === 0) return;
  if (!first.stderr.includes('is locked')) throw new Error(`virsh ${command.join(' ')}: ${first.stderr}`);
  const deadline = performance.now() + EJECT_MS;
  while (!(await isOpen(libvirt, disk))) {
    if (performance.now() > deadline) throw new Error(`the guest did not open the tray of ${disk}`);
    await delay(200);
  }
  const second = await libvirt.virsh(...command);
  if (second.status !== 0) throw new Error(`virsh ${command.join(' ')}: ${second.stderr}`);
}

async function isOpen(libvirt: Libvirt, disk: string): Promise<boolean> {
  const { stdout } = await libvirt.virsh('dumpxml', domainName);
  return new RegExp(`<target dev='${disk}'[^>]* tray='open'`).test(stdout);
}

function target(slot: number): string {
  return `sd${String.fromCharCode('a'.charCodeAt(0) + slot)}`;
}

/** https://libvirt.org/formatdomain.html; user networking with a restriction has no words there. */
function domainXml(
  { disk, uuid, media }: Omit<VirtualMachineOptions, 'cards'>,
  acceleration: Acceleration,
  console: string,
): string {
  const trays = media.map((image, slot) => {
    const source = image === undefined ? '' : `<source file='${image}'/>`;
    return `<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>${source}
<target dev='${target(slot)}' bus='scsi'/><readonly/></disk>`;
  });
  const network = ['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'];
  const card = `virtio-net-pci,netdev=net0,mac=${guestNetwork.mac},bus=pci.0,addr=0x1e`;
  const qemuArguments = [...network, '-device', card].map((value) => `<qemu:arg value='${value}'/>`);
  return `<domain type='${acceleration === 'kvm' ? 'kvm' : 'qemu'}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
<name>${domainName}</name><uuid>${uuid}</uuid>
<memory unit='MiB'>1024</memory><vcpu>${processors[acceleration]}</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type>
<kernel>${disk.kernel}</kernel><initrd>${disk.initrd}</initrd><cmdline>root=/dev/vda ro console=ttyS0</cmdline></os>
<features><acpi/></features>
<cpu mode='${acceleration === 'kvm' ? 'host-passthrough' : 'maximum'}'/>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw' cache='unsafe'/><source file='${disk.image}'/>
<target dev='vda' bus='virtio'/></disk>
<controller type='scsi' model='virtio-scsi'/>
${trays.join('\n')}
<serial type='unix'><source mode='connect' path='${console}'/><target port='0'/></serial>
<memballoon model='none'/></devices>
<qemu:commandline>${qemuArguments.join('')}</qemu:commandline>
</domain>`;
}
