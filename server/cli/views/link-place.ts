import type { NetworkLink } from '../../domain/network-links.ts';

/** What a link is in the machine: the MAC address of an interface, what a bond or VLAN is made of. */
export function linkPlace(named: NetworkLink): string {
  switch (named.kind) {
    case 'interface':
      return named.link.mac;
    case 'bond':
      return `${named.link.mode} of ${named.link.members.join(' ')}`;
    case 'vlan':
      return `VLAN ${named.link.id} on ${named.link.link}`;
  }
}
