import type { MachineLinks } from '../../schemas/network-links/link-problems.ts';
import type { Bond, NetworkInterface, Vlan } from '../../schemas/types/common.ts';

/** What interfaces, bonds and VLANs have in common. */
export type LinkSettings = Pick<
  NetworkInterface,
  'mtu' | 'addresses' | 'gateway4' | 'gateway6' | 'dhcp4' | 'dhcp6' | 'routes'
>;

/** One link of a machine. */
export type NetworkLink =
  | { readonly kind: 'interface'; readonly link: NetworkInterface }
  | { readonly kind: 'bond'; readonly link: Bond }
  | { readonly kind: 'vlan'; readonly link: Vlan };

/** A link and what it is called in lines of a guest configuration, and in the record that it comes from. */
export type NamedLink = NetworkLink & {
  /** MAC address of an interface, name of a bond or VLAN. */
  readonly subject: string;
  /** `interfaces/0`, `bonds/0`, `vlans/0`. */
  readonly path: string;
};

/** All links of a machine: interfaces, then bonds, then VLANs, each in their order. */
export function networkLinks({ interfaces, bonds = [], vlans = [] }: MachineLinks): readonly NamedLink[] {
  return [
    ...interfaces.map(
      (link, index): NamedLink => ({
        kind: 'interface',
        link,
        subject: link.mac,
        path: `interfaces/${index}`,
      }),
    ),
    ...bonds.map(
      (link, index): NamedLink => ({ kind: 'bond', link, subject: link.name, path: `bonds/${index}` }),
    ),
    ...vlans.map(
      (link, index): NamedLink => ({ kind: 'vlan', link, subject: link.name, path: `vlans/${index}` }),
    ),
  ];
}

/** All addresses of a machine, with their prefix lengths, in the order of its links. */
export function linkAddresses(links: MachineLinks): readonly string[] {
  return networkLinks(links).flatMap(({ link }) => link.addresses ?? []);
}
