import { readDomainXml } from '../adapters/libvirt/domain-xml.ts';
import { readProxmoxMachine } from '../adapters/proxmox/proxmox-files.ts';
import type { ConfigurationReading } from '../configuration/configuration.ts';
import type { HookMachine } from './run-hook.ts';

/** The machine from the XML that libvirt gives its hooks; undefined: it was too long. */
export function machineFromXml(xml: string | undefined): HookMachine {
  const reading = readDomainXml(xml ?? '');
  if (reading.kind === 'domain') return reading;
  return {
    kind: 'unreadable',
    reason: `its XML ${reading.reason}`,
    remedy: 'check what calls the hook: it wants what virsh dumpxml prints on standard input',
  };
}

/** The machine from Proxmox VE's configuration files. Never throws. */
export async function machineOfProxmox(vmid: string, reading: ConfigurationReading): Promise<HookMachine> {
  const folder = reading.kind === 'valid' ? reading.configuration.proxmox.folder : '/etc/pve';
  const machine = await readProxmoxMachine(folder, vmid);
  if (machine.kind === 'machine') {
    // Never guessed: every other CD-ROM is somebody's install medium.
    const cdroms = machine.machine.cdroms.filter(({ alias }) => alias !== undefined);
    return { kind: 'domain', domain: { ...machine.machine, cdroms } };
  }
  return {
    kind: 'unreadable',
    reason: `it ${machine.reason}`,
    remedy: 'give it a UUID with qm set --smbios1, or take the hookscript from it',
  };
}
