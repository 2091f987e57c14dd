import type { Configuration } from '../configuration/configuration.ts';
import { runProgram } from '../process/run-program.ts';
import { createLibvirtAdapter } from './libvirt/libvirt-adapter.ts';
import type { MachineAdapter } from './machine-adapter.ts';

/**
 * The adapter that the configuration names. Nothing is asked yet.
 * @param lifetime ends what the adapter keeps running to hear of changes; the end of the process does so, too
 */
export function openMachineAdapter(
  configuration: Configuration,
  lifetime: AbortSignal = new AbortController().signal,
): MachineAdapter {
  const { libvirt, driveFolder } = configuration;
  return createLibvirtAdapter(runProgram, { uri: libvirt.uri, driveFolder }, lifetime);
}
