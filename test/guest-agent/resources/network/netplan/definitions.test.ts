import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { linksOf } from '../../../../../guest-agent/agent/resources/network/links.ts';
import { renderNetplan } from '../../../../../guest-agent/agent/resources/network/netplan/definitions.ts';
import { exampleNetwork } from '../example-network.ts';

const names = new Map([['52:54:00:12:34:56', 'ens3']]);

test('definitions of an example network', async () => {
  const text = renderNetplan(linksOf(exampleNetwork), { networkManager: false, names });
  await expect(text).toMatchFileSnapshot('definitions.golden');
  // Another reader of YAML finds in it what was meant.
  expect(parse(text)).toMatchObject({
    network: {
      version: 2,
      ethernets: { '0-ubugi-525400123456': { match: { macaddress: '52:54:00:12:34:56' }, mtu: 1400 } },
      bonds: { bond0: { interfaces: ['0-ubugi-525400123458', '0-ubugi-525400123459'] } },
      vlans: { 'bond0.40': { id: 40, link: 'bond0' }, storage: { link: '0-ubugi-525400123456' } },
    },
  });
});

test('definitions for NetworkManager', async () => {
  const text = renderNetplan(linksOf(exampleNetwork), { networkManager: true, names: new Map() });
  await expect(text).toMatchFileSnapshot('definitions-network-manager.golden');
});
