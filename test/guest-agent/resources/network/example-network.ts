import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';

/** Of everything one: a NIC with addresses, one with DHCP, a bond of two, a VLAN on the bond and one on a NIC. */
export const exampleNetwork: GuestConfiguration['network'] = {
  interfaces: [
    {
      mac: '52:54:00:12:34:56',
      addresses: ['192.0.2.10/24', '192.0.2.11/24', '2001:db8::10/64'],
      gateway4: '192.0.2.1',
      gateway6: '2001:db8::1',
      routes: [
        { to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 },
        { to: '2001:db8:1::/48', via: '2001:db8::2' },
      ],
      mtu: 1400,
    },
    { mac: '52:54:00:12:34:57', dhcp4: true, dhcp6: true },
    { mac: '52:54:00:12:34:58' },
  ],
  bonds: [
    {
      name: 'bond0',
      mode: '802.3ad',
      members: ['52:54:00:12:34:58', '52:54:00:12:34:59'],
      lacpRate: 'fast',
      xmitHashPolicy: 'layer3+4',
      addresses: ['203.0.113.10/28'],
      mtu: 1450,
    },
  ],
  vlans: [
    { name: 'bond0.40', id: 40, link: 'bond0', addresses: ['10.40.0.10/24'], mtu: 1440 },
    { name: 'storage', id: 50, link: '52:54:00:12:34:56', addresses: ['fd00:50::10/64'] },
  ],
};
