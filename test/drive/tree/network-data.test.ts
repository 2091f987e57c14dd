import { describe, expect, it } from 'vitest';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type NetworkData, networkData } from '../../../server/drive/tree/network-data.ts';
import { sampleGuest } from '../sample-generation.ts';

type Nic = GuestConfiguration['network']['interfaces'][number];

function of(interfaces: readonly Nic[], dns: GuestConfiguration['dns'] = {}): NetworkData | undefined {
  return networkData({ ...sampleGuest(), network: { interfaces: [...interfaces] }, dns });
}

const mac = '52:54:00:00:00:01';

describe('networkData', () => {
  it('has links, addresses with netmask, routes and name servers', () => {
    expect(networkData(sampleGuest())).toEqual({
      links: [
        { id: 'nic0', vif_id: 'eth0', type: 'phy', ethernet_mac_address: mac, mtu: 1450 },
        { id: 'nic1', vif_id: 'nic1', type: 'phy', ethernet_mac_address: '52:54:00:00:00:02', mtu: null },
      ],
      networks: [
        {
          id: 'network0',
          network_id: 'eth0',
          link: 'nic0',
          type: 'ipv4',
          ip_address: '192.0.2.10',
          netmask: '255.255.255.0',
          routes: [
            { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.0.2.1' },
            { network: '198.51.100.0', netmask: '255.255.255.0', gateway: '192.0.2.254' },
          ],
          services: [{ type: 'dns', address: '192.0.2.53' }],
        },
        {
          id: 'network1',
          network_id: 'eth0',
          link: 'nic0',
          type: 'ipv6',
          ip_address: '2001:db8::10',
          netmask: 'ffff:ffff:ffff:ffff::',
          routes: [{ network: '::', netmask: '::', gateway: '2001:db8::1' }],
          services: [{ type: 'dns', address: '2001:db8::53' }],
        },
        { id: 'network2', network_id: 'nic1', link: 'nic1', type: 'ipv4_dhcp' },
      ],
      services: [
        { type: 'dns', address: '192.0.2.53', search: ['tokyo.example.com', 'example.com'] },
        { type: 'dns', address: '2001:db8::53' },
      ],
    });
  });

  it('is left out for a guest without interfaces, which would otherwise stay without network', () => {
    expect(of([])).toBeUndefined();
  });

  it('puts a route to the address that reaches its gateway, else to the first of its family', () => {
    const data = of([
      {
        mac,
        addresses: ['192.0.2.10/24', '198.51.100.10/25'],
        gateway4: '198.51.100.1',
        routes: [{ to: '203.0.113.77/24', via: '10.9.9.9' }],
      },
    ]);
    const routes = data?.networks.map((network) => ('routes' in network ? network.routes : []));
    expect(routes).toEqual([
      [{ network: '203.0.113.0', netmask: '255.255.255.0', gateway: '10.9.9.9' }],
      [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '198.51.100.1' }],
    ]);
  });

  it('knows DHCP of both families, and a link without any address', () => {
    expect(of([{ mac, dhcp4: true, dhcp6: true }])?.networks.map((network) => network.type)).toEqual([
      'ipv4_dhcp',
      'ipv6_dhcp',
    ]);
    expect(of([{ mac }])).toMatchObject({ links: [{ id: 'nic0' }], networks: [] });
  });

  it('has bonds and VLANs as Nova writes them', () => {
    const other = '52:54:00:00:00:02';
    const data = networkData({
      ...sampleGuest(),
      dns: {},
      network: {
        interfaces: [{ mac }, { mac: other, name: 'eth1' }],
        bonds: [
          {
            name: 'bond0',
            mode: '802.3ad',
            members: [mac, other],
            lacpRate: 'fast',
            xmitHashPolicy: 'layer3+4',
            mtu: 9000,
            addresses: ['192.0.2.10/24'],
            gateway4: '192.0.2.1',
          },
        ],
        vlans: [
          { name: 'bond0.40', id: 40, link: 'bond0', dhcp4: true },
          { name: 'storage', id: 50, link: 'bond0', addresses: ['2001:db8::10/64'] },
        ],
      },
    });
    expect(data).toMatchObject({
      links: [
        { id: 'nic0', type: 'phy', ethernet_mac_address: mac },
        { id: 'nic1', type: 'phy', ethernet_mac_address: other },
        {
          id: 'bond0',
          type: 'bond',
          vif_id: 'bond0',
          mtu: 9000,
          ethernet_mac_address: mac,
          bond_links: ['nic0', 'nic1'],
          bond_mode: '802.3ad',
          bond_miimon: 100,
          bond_lacp_rate: 'fast',
          bond_xmit_hash_policy: 'layer3+4',
        },
        { id: 'vlan0', type: 'vlan', vlan_link: 'bond0', vlan_id: 40, vlan_mac_address: mac, mtu: null },
        { id: 'vlan1', type: 'vlan', vif_id: 'storage', vlan_link: 'bond0', vlan_id: 50 },
      ],
      networks: [
        { id: 'network0', network_id: 'bond0', link: 'bond0', type: 'ipv4', ip_address: '192.0.2.10' },
        { id: 'network1', network_id: 'bond0.40', link: 'vlan0', type: 'ipv4_dhcp' },
        { id: 'network2', network_id: 'storage', link: 'vlan1', type: 'ipv6' },
      ],
    });
  });

  it('puts a VLAN on an interface under the MAC address of that', () => {
    const data = networkData({
      ...sampleGuest(),
      network: { interfaces: [{ mac, dhcp4: true }], vlans: [{ name: 'eth0.7', id: 7, link: mac }] },
    });
    expect(data?.links[1]).toMatchObject({ vlan_link: 'nic0', vlan_mac_address: mac });
  });
});
