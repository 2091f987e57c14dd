import { describe, expect, test } from 'vitest';
import { linksOf } from '../../../../../guest-agent/agent/resources/network/links.ts';
import { connectionUuid } from '../../../../../guest-agent/agent/resources/network/network-manager/connection-uuid.ts';
import {
  bondKeyfile,
  nicKeyfile,
  vlanKeyfile,
} from '../../../../../guest-agent/agent/resources/network/network-manager/keyfile.ts';
import { exampleNetwork } from '../example-network.ts';

test('keyfiles of an example network', async () => {
  const { nics, bonds, vlans } = linksOf(exampleNetwork);
  const keyfiles = [...bonds.map(bondKeyfile), ...nics.map(nicKeyfile), ...vlans.map(vlanKeyfile)];
  const golden = keyfiles.map(({ path, text }) => `==> ${path} <==\n${text}`).join('\n');
  await expect(golden).toMatchFileSnapshot('keyfiles.golden');
});

test('a gateway without an address of ours becomes a route, and without DHCP nothing', () => {
  const mac = '52:54:00:12:34:56';
  expect(
    nicKeyfile({ nic: { mac, dhcp4: true, gateway4: '192.0.2.1', gateway6: 'fe80::1' } }).text,
  ).toContain(
    '[ipv4]\nmethod=auto\nroute1=0.0.0.0/0,192.0.2.1\n\n[ipv6]\nmethod=link-local\nroute1=::/0,fe80::1\n',
  );
  expect(nicKeyfile({ nic: { mac, gateway4: '192.0.2.1' } }).text).toContain('[ipv4]\nmethod=disabled\n\n');
});

describe('UUID of a connection', () => {
  test('has the form of RFC 9562 and is the same each time', () => {
    expect(connectionUuid('52:54:00:12:34:56')).toBe('00525400-1234-8560-8000-000000000000');
    expect(connectionUuid('bond0.40')).toBe('626f6e64-302e-8343-8000-000000000000');
  });
  test('differs for names that differ in their last character, and for a name that spells a MAC address', () => {
    const keys = ['abcdefghijklmno', 'abcdefghijklmnp', 'bond00', '62:6f:6e:64:30:30', 'bond0', 'bond00a'];
    const uuids = keys.map(connectionUuid);
    expect(new Set(uuids).size).toBe(keys.length);
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
