import { describe, expect, test } from 'vitest';
import {
  reads,
  withoutStanzas,
} from '../../../../guest-agent/agent/resources/network/ifupdown/foreign-stanzas.ts';
import { ipv4Netmask } from '../../../../guest-agent/agent/resources/network/ifupdown/netmask.ts';
import { exampleNetwork, macs, networkCards } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, textOf } from './plan-network.ts';

const main = '/etc/network/interfaces';
const ours = '/etc/network/interfaces.d/ubugi';
const cloudInit = '/etc/network/interfaces.d/50-cloud-init';
const cloudText = `# This file is generated from information provided by the datasource.
auto lo
iface lo inet loopback

auto ens3
iface ens3 inet static
    address 192.0.2.10/24
    gateway 192.0.2.1

# control-alias ens3
iface ens3 inet6 static
    address 2001:db8::10/64
`;
const tree = {
  '/usr/sbin/ifup': '',
  '/usr/sbin/ifdown': '',
  '/usr/bin/ip': '',
  [main]: 'source /etc/network/interfaces.d/*\n',
  [cloudInit]: cloudText,
  ...networkCards,
};

describe('ifupdown', () => {
  test('golden file', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan.problems).toEqual([]);
    await expect(textOf(after, ours) ?? '').toMatchFileSnapshot('golden/ifupdown.txt');
  });

  test("cloud-init's stanzas become comments, and come back", async () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    await expect(textOf(first.after, cloudInit) ?? '').toMatchFileSnapshot('golden/ifupdown-cloud-init.txt');
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], live: [], changes: [] });
    expect(textOf(planNetwork({ interfaces: [] }, second.after).after, cloudInit)).toBe(cloudText);
    expect(textOf(planNetwork({ interfaces: [] }, second.after).after, ours)).toBeUndefined();
    // Another link than before: what was taken from it is given back.
    const other = planNetwork({ interfaces: [{ mac: macs[1], dhcp4: true }] }, second.after).after;
    expect(textOf(other, cloudInit)).toBe(cloudText);
  });

  test('a main file that does not read interfaces.d gets a marked block, and loses it', () => {
    const text = 'auto lo\niface lo inet loopback\nallow-hotplug ens3\niface ens3 inet dhcp';
    const wanted = { interfaces: [{ mac: macs[0], addresses: ['192.0.2.10/24'] }] };
    const first = planNetwork(wanted, newMachine({ ...tree, [main]: text }));
    expect(textOf(first.after, main)).toBe(`auto lo
iface lo inet loopback
# disabled by ubugi: allow-hotplug ens3
# disabled by ubugi: iface ens3 inet dhcp
# begin ubugi
auto ens3
iface ens3 inet static
    address 192.0.2.10
    netmask 255.255.255.0
# end ubugi
`);
    expect(textOf(first.after, ours)).toBeUndefined();
    expect(planNetwork(wanted, first.after).plan.steps).toEqual([]);
    expect(textOf(planNetwork({ interfaces: [] }, first.after).after, main)).toBe(`${text}\n`);
  });

  test('a machine of which nothing is wanted is left as it is, to the last byte', () => {
    const state = newMachine({ ...tree, [main]: 'iface x inet dhcp' });
    expect(planNetwork({ interfaces: [] }, state).plan.steps).toEqual([]);
  });

  test('busybox reads no folder and knows no DHCPv6', () => {
    const busybox = { ...tree, '/usr/sbin/ifup': { link: '/bin/busybox' } };
    const { after } = planNetwork({ interfaces: [{ mac: macs[0], dhcp4: true }] }, newMachine(busybox));
    expect(textOf(after, main)).toContain('# begin ubugi\nauto ens3\niface ens3 inet dhcp\n');
    const dhcp6 = { interfaces: [{ mac: macs[0], dhcp6: true }] };
    expect(() => planNetwork(dhcp6, newMachine(busybox))).toThrow(/busybox has no DHCPv6/);
  });

  test('a root that does not run has no names', () => {
    const offline = { '/usr/sbin/ifup': '', [main]: '' };
    const { plan } = planNetwork(exampleNetwork(), newMachine(offline), { offline: true });
    expect(plan).toMatchObject({ skipped: expect.stringMatching(/at the next boot/), steps: [] });
  });

  test('a running system takes links down, top first, without what was there before, and up again', () => {
    const running = {
      ...tree,
      '/run/network/ifstate': '',
      '/run/dhclient.ens3.pid': '4711\n',
      '/proc/4711/comm': 'dhclient\n',
      '/run/dhclient.ens4.pid': '4712\n',
      '/proc/4712/comm': 'sshd\n',
    };
    const wanted = exampleNetwork({
      interfaces: [{ mac: macs[0], addresses: ['192.0.2.1/24'] }],
      bonds: [],
      vlans: [{ name: 'v4', id: 4, link: macs[0] }],
    });
    const first = planNetwork(wanted, newMachine(running));
    expect(commandsOf(first.plan)).toEqual([
      '/bin/sh -c kill "$1" sh 4711',
      '/usr/sbin/ifdown -f ens3',
      '/usr/bin/ip addr flush dev ens3',
      '/usr/sbin/ifup -f ens3',
      '/usr/sbin/ifup -f v4',
    ]);
    const up = {
      ...first.after,
      tree: { ...first.after.tree, '/sys/class/net/v4/uevent': 'DEVTYPE=vlan\n' },
    };
    const less = planNetwork({ interfaces: [{ mac: macs[0], addresses: ['192.0.2.1/24'] }] }, up);
    expect(commandsOf(less.plan)).toContain('/usr/bin/ip link del dev v4');
  });
});

describe('stanzas of others', () => {
  const names = new Set(['eth0']);
  test.each([
    ['iface eth0 inet dhcp\n  up x \\\n  iface y\niface eth1 inet dhcp', ['0', '1', '2']],
    [
      'auto eth0\nallow-hotplug eth0\niface eth0 inet dhcp\n\n# c\n  mtu 9000\nsource x',
      ['0', '1', '2', '5'],
    ],
    ['iface eth0:1 inet static\n address 1.2.3.4\nauto eth0:1', ['0', '1', '2']],
    ['mapping eth0\n script x\niface eth00 inet dhcp', ['0', '1']],
    ['# iface eth0 \\\niface eth0 inet dhcp', ['1']],
  ])('%j', (text, dropped) => {
    const lines = withoutStanzas(text, names).text.split('\n');
    const disabled = Object.keys(lines).filter((at) =>
      lines[Number(at)]?.startsWith('# disabled by ubugi: '),
    );
    expect(disabled).toEqual(dropped);
  });

  test('links on a line that goes are named elsewhere', () => {
    expect(withoutStanzas('auto lo eth0 eth0:1 eth1', names)).toEqual({
      text: '# disabled by ubugi: auto lo eth0 eth0:1 eth1',
      kept: ['auto lo eth1'],
    });
  });

  test.each([
    ['source /etc/network/interfaces.d/*', true],
    ['  source interfaces.d/*', true],
    ['source-directory /etc/network/interfaces.d', true],
    ['source-directory interfaces.d/', true],
    ['source /etc/network/interfaces.d/ubugi', true],
    ['source /etc/network/interfaces.d/*.cfg', false],
    ['# source /etc/network/interfaces.d/*', false],
    ['source-directory /run/network/interfaces.d', false],
    ['', false],
  ])('%j reads interfaces.d: %s', (text, expected) => {
    expect(reads(text, ours)).toBe(expected);
  });

  test('netmasks', () => {
    expect([0, 1, 8, 20, 25, 32].map(ipv4Netmask)).toEqual([
      '0.0.0.0',
      '128.0.0.0',
      '255.0.0.0',
      '255.255.240.0',
      '255.255.255.128',
      '255.255.255.255',
    ]);
  });
});
