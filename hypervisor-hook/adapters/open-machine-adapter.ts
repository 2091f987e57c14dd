import type { Configuration } from '../configuration/configuration.ts';
import { runProgram } from '../process/run-program.ts';
import { createLibvirtAdapter } from './libvirt/libvirt-adapter.ts';
import type { MachineAdapter } from './machine-adapter.ts';
import { createProxmoxAdapter } from './proxmox/proxmox-adapter.ts';
import { createQemuAdapter } from './qemu/qemu-adapter.ts';

/**
 * The adapter that the configuration names. Nothing is asked yet.
 * @param lifetime ends what the adapter keeps running to hear of changes; the end of the process does so, too
 */
export function openMachineAdapter(
  configuration: Configuration,
  lifetime: AbortSignal = new AbortController().signal,
): MachineAdapter {
  const { adapter, libvirt, qemu, proxmox, driveFolder, stateFolder } = configuration;
  switch (adapter) {
    case 'libvirt':
      return createLibvirtAdapter(runProgram, { uri: libvirt.uri, driveFolder }, lifetime);
    case 'qemu':
      return createQemuAdapter(qemu.machines);
    case 'proxmox':
      return createProxmoxAdapter(runProgram, { folder: proxmox.folder, driveFolder, stateFolder });
  }
}
