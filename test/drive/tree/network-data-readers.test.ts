import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { networkData } from '../../../server/drive/tree/network-data.ts';
import { sampleGuest } from '../sample-generation.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const guest = {
  ...sampleGuest(),
  dns: { servers: ['192.0.2.53'] },
  network: {
    interfaces: [{ mac: '52:54:00:00:00:01' }, { mac: '52:54:00:00:00:02' }],
    bonds: [
      {
        name: 'bond0',
        mode: '802.3ad' as const,
        members: ['52:54:00:00:00:01', '52:54:00:00:00:02'],
        miimon: 50,
        lacpRate: 'fast' as const,
        xmitHashPolicy: 'layer3+4' as const,
        addresses: ['192.0.2.10/24'],
        gateway4: '192.0.2.1',
      },
    ],
    vlans: [{ name: 'bond0.40', id: 40, link: 'bond0', addresses: ['198.51.100.10/24'] }],
  },
};

/** Lets cloud-init convert the network data and render it. @returns what it wrote, by kind of network service. */
async function rendered(folder: string): Promise<{ readonly netplan: string; readonly eni: string }> {
  const script = `
import json, sys
from cloudinit.net import eni, netplan, network_state
from cloudinit.sources.helpers import openstack
macs = {'52:54:00:00:00:01': 'ens3', '52:54:00:00:00:02': 'ens4'}
for kind in (eni, netplan):
    config = openstack.convert_net_json(json.loads(sys.argv[1]), known_macs=macs)
    state = network_state.parse_net_config_data(config)
    kind.Renderer({'netplan_header': '', 'postcmds': False}).render_network_state(state, target=sys.argv[2])`;
  await execa('/usr/bin/python3', ['-c', script, JSON.stringify(networkData(guest)), folder], {
    timeout: 30_000,
  });
  return {
    netplan: await readFile(join(folder, 'etc/netplan/50-cloud-init.yaml'), 'utf8'),
    eni: await readFile(join(folder, 'etc/network/interfaces'), 'utf8'),
  };
}

describe('bonds and VLANs as cloud-init reads them', () => {
  it('become those of netplan and of ifupdown', async () => {
    await using folder = await temporaryFolder();
    const { netplan, eni } = await rendered(folder.path);
    expect(netplan.replaceAll(/\s+/g, ' ')).toMatch(
      /bonds: bond0: addresses: - 192\.0\.2\.10\/24 .*interfaces: - ens3 - ens4 .*lacp-rate: fast mii-monitor-interval: 50 mode: 802\.3ad transmit-hash-policy: layer3\+4/,
    );
    expect(netplan.replaceAll(/\s+/g, ' ')).toMatch(
      /vlans: bond0\.40: addresses: - 198\.51\.100\.10\/24 id: 40 link: bond0/,
    );
    for (const line of ['bond-master bond0', 'bond_mode 802.3ad', 'vlan-raw-device bond0', 'vlan_id 40']) {
      expect(eni.replaceAll('bond-mode', 'bond_mode')).toContain(line);
    }
  });
});
