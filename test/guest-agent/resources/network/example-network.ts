import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';

type Network = GuestConfiguration['network'];

/** MAC addresses of `ens3` to `ens6` of {@link networkCards}. */
export const macs = [
  '52:54:00:12:34:53',
  '52:54:00:12:34:54',
  '52:54:00:12:34:55',
  '52:54:00:12:34:56',
] as const;

/** The four by name, for a guest that really has them. */
export const nics = { ens3: macs[0], ens4: macs[1], ens5: macs[2], ens6: macs[3] } as const;

/** What the kernel says of four NICs. */
export const networkCards: Readonly<Record<string, string>> = Object.fromEntries(
  macs.map((mac, at) => [`/sys/class/net/ens${at + 3}/address`, `${mac}\n`]),
);

/** Two NICs with fixed addresses, the first in both families: what a kernel without bonds and VLANs can do. */
export function dualStackNetwork(addresses: readonly string[]): Network {
  return {
    interfaces: [
      {
        mac: macs[0],
        mtu: 1400,
        addresses: [...addresses],
        gateway4: '192.0.2.1',
        gateway6: '2001:db8::1',
        routes: [
          { to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 },
          { to: '2001:db8:1::/48', via: '2001:db8::fe', metric: 60 },
        ],
      },
      { mac: macs[1], addresses: ['10.0.0.2/20'] },
    ],
  };
}

/** One interface with both families, several addresses, a metric and an MTU; one with DHCP; a bond; VLANs on both. */
export function exampleNetwork(changes: Partial<Network> = {}): Network {
  return {
    interfaces: [
      {
        name: 'front',
        mac: macs[0],
        mtu: 9000,
        addresses: ['192.0.2.10/24', '192.0.2.11/25', '2001:db8::10/64', '2001:db8::11/64'],
        gateway4: '192.0.2.1',
        gateway6: '2001:db8::1',
        routes: [
          { to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 },
          { to: '2001:db8:1::/48', via: '2001:db8::fe' },
        ],
      },
      { mac: macs[1], dhcp4: true, dhcp6: true },
      { mac: macs[2], mtu: 1500 },
      { mac: macs[3] },
    ],
    bonds: [
      {
        name: 'bond0',
        mode: '802.3ad',
        members: [macs[2], macs[3]],
        lacpRate: 'fast',
        xmitHashPolicy: 'layer3+4',
        addresses: ['10.0.0.2/24'],
      },
    ],
    vlans: [
      { name: 'ens3.40', id: 40, link: macs[0], mtu: 1400, addresses: ['10.0.40.2/24'] },
      {
        name: 'storage',
        id: 41,
        link: 'bond0',
        addresses: ['2001:db8:41::2/64'],
        routes: [{ to: '2001:db8:42::/48', via: '2001:db8:41::1', metric: 7 }],
      },
    ],
    ...changes,
  };
}
