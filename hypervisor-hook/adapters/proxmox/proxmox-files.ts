import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '../../drive-files/read-regular-file.ts';
import {
  type IsoFolders,
  type ProxmoxMachine,
  readIsoFolders,
  readMachineConfiguration,
} from './machine-configuration.ts';

const mostBytes = 1024 * 1024;

/** Number of a machine of Proxmox VE. */
const vmidPattern = /^[1-9][0-9]{2,8}$/;

/** A machine of Proxmox VE, or why there is none, as half a sentence. */
export type ProxmoxReading =
  | { readonly kind: 'machine'; readonly machine: ProxmoxMachine }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads one machine. @param folder `/etc/pve` Never throws. */
export async function readProxmoxMachine(folder: string, vmid: string): Promise<ProxmoxReading> {
  if (!vmidPattern.test(vmid)) return { kind: 'unreadable', reason: 'is not a number of a machine' };
  const file = join(folder, 'qemu-server', `${vmid}.conf`);
  const text = await textOf(file);
  if (text === undefined) return { kind: 'unreadable', reason: `cannot be read from ${file}` };
  const machine = readMachineConfiguration(vmid, text, await isoFolders(folder));
  return machine === undefined
    ? { kind: 'unreadable', reason: `has no smbios1: uuid=… in ${file}` }
    : { kind: 'machine', machine };
}

/** All machines of this host by their number; those without a UUID are left out. @throws the system's error */
export async function readProxmoxMachines(folder: string): Promise<ReadonlyMap<string, ProxmoxMachine>> {
  const machines = new Map<string, ProxmoxMachine>();
  for (const name of await readdir(join(folder, 'qemu-server'))) {
    const reading = await readProxmoxMachine(folder, name.replace(/\.conf$/, ''));
    if (reading.kind === 'machine') machines.set(name.replace(/\.conf$/, ''), reading.machine);
  }
  return machines;
}

async function isoFolders(folder: string): Promise<IsoFolders> {
  return readIsoFolders((await textOf(join(folder, 'storage.cfg'))) ?? '');
}

async function textOf(file: string): Promise<string | undefined> {
  const reading = await readRegularFile(file, { mostBytes, followLinks: true });
  return reading.kind === 'file' ? reading.bytes.toString('utf8') : undefined;
}
