import type { FileView } from '../../plan/machine.ts';

const folder = '/sys/class/net';

/** Kernel names of the NICs by MAC address in lower case, for back ends that know an interface by its name only. */
export function kernelNames(files: FileView): ReadonlyMap<string, string> {
  return new Map(
    files
      .list(folder)
      .map((name) => [files.text(`${folder}/${name}/address`)?.trim().toLowerCase() ?? '', name]),
  );
}
