import type { FileView } from '../../plan/machine.ts';

const folder = '/sys/class/net';

/** Name that the kernel may give a link: nothing that a shell or a configuration file treats specially. */
export const kernelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/;

/**
 * Kernel names of the NICs by MAC address in lower case, for back ends that know an interface by its name only. A bond gives
 * its address to its members and takes one of theirs, as VLANs and bridges do: members count by the address that they were
 * made with, and what lies on top is no NIC.
 */
export function kernelNames(files: FileView): ReadonlyMap<string, string> {
  return new Map(
    files.list(folder).flatMap((name): readonly (readonly [string, string])[] => {
      const text = (leaf: string): string | undefined => files.text(`${folder}/${name}/${leaf}`);
      if (/^DEVTYPE=(bond|bridge|macvlan|macvtap|team|vlan)$/m.test(text('uevent') ?? '')) return [];
      const mac = text('bonding_slave/perm_hwaddr') ?? text('address') ?? '';
      return [[mac.trim().toLowerCase(), name]];
    }),
  );
}
