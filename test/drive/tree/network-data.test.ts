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
});
