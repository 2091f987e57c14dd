import type { RunProgram } from '../../process/run-program.ts';
import { AdapterError, type MachineAdapter } from '../machine-adapter.ts';
import { createDomainEvents } from './domain-events.ts';
import { listDomains } from './list-domains.ts';
import { swapMedium } from './swap-medium.ts';
import { createVirsh } from './virsh.ts';

/** Which libvirt is asked, and where its enrolled domains have their drives. */
export interface LibvirtOptions {
  /** Connection URI, such as `qemu:///system`. */
  readonly uri: string;
  readonly driveFolder: string;
}

/**
 * Machines of libvirt, by virsh.
 * @param lifetime ends the listening for events
 */
export function createLibvirtAdapter(
  runProgram: RunProgram,
  { uri, driveFolder }: LibvirtOptions,
  lifetime: AbortSignal,
): MachineAdapter {
  const virsh = createVirsh(runProgram, uri);
  const events = createDomainEvents(uri, lifetime);
  return {
    name: 'libvirt',
    list: (signal) => listDomains(virsh, driveFolder, signal),
    swapMedium: async ({ name, instance, drive }, signal) => {
      if (drive === undefined) throw new AdapterError(`domain ${name} has no config drive: enrol it first`);
      await swapMedium(virsh, instance, drive, signal);
    },
    changed: (signal) => events.changed(signal),
  };
}
