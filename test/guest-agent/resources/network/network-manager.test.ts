import { describe, expect, test } from 'vitest';
import { connectionUuid } from '../../../../guest-agent/agent/resources/network/network-manager/connection-uuid.ts';
import { renderKeyfile } from '../../../../guest-agent/agent/resources/network/network-manager/keyfile.ts';
import { exampleNetwork, macs } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, treeOf } from './plan-network.ts';

const folder = '/etc/NetworkManager/system-connections';
const service = '/etc/systemd/system/multi-user.target.wants/NetworkManager.service';
const tree = {
  '/usr/sbin/NetworkManager': '',
  '/usr/bin/nmcli': '',
  [service]: { link: '/usr/lib/systemd/system/NetworkManager.service' },
  '/usr/lib/systemd/systemd-networkd': '',
};
const running = { ...tree, '/run/NetworkManager/devices/2': '', '/run/dbus/system_bus_socket': '' };

describe('NetworkManager', () => {
  test('golden tree', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan.problems).toEqual([]);
    await expect(treeOf(after, folder)).toMatchFileSnapshot('golden/network-manager.txt');
    for (const step of plan.steps)
      if (step.kind === 'file') expect(step.attributes).toEqual({ mode: 0o600, uid: 0, gid: 0 });
  });

  test('a second plan has nothing to do, and with nothing wanted all of ours goes', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], checks: [], live: [], changes: [] });
    expect(planNetwork({ interfaces: [] }, second.after).after).toEqual(newMachine(tree));
  });

  test('every connection that is written is checked, those that stay are not', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    expect(first.plan.checks.map(({ what }) => what)).toEqual(
      first.plan.owns.map((path) => `nmcli on ${path}`),
    );
    const wanted = exampleNetwork({ vlans: [{ name: 'ens3.40', id: 40, link: macs[0] }] });
    expect(planNetwork(wanted, first.after).plan.checks.map(({ what }) => what)).toEqual([
      `nmcli on ${folder}/ubugi-vlan-ens3.40.nmconnection`,
    ]);
    const [check] = first.plan.checks;
    const judge = (status: number, output: string): string | undefined =>
      check?.judge({ status, output, timedOut: false });
    expect(judge(0, '')).toBeUndefined();
    expect(judge(2, "Error: Option '--offline' is unknown, try 'nmcli -help'.")).toBeUndefined();
    expect(judge(1, 'Error: Error writing connection: x\n')).toBe('Error: Error writing connection: x');
  });

  test('where it runs it is told: what changed comes up, from the bottom up, members with their bond', () => {
    const first = planNetwork(exampleNetwork(), newMachine(running));
    const up = (key: string): string => `/usr/bin/nmcli --wait 20 connection up uuid ${connectionUuid(key)}`;
    expect(commandsOf(first.plan)).toEqual([
      '/usr/bin/nmcli connection reload',
      ...[macs[0], macs[1], 'bond0', 'ens3.40', 'storage'].map(up),
    ]);
    const [bond] = exampleNetwork().bonds ?? [];
    if (bond === undefined) throw new Error('the example has no bond');
    const more = exampleNetwork({ bonds: [{ ...bond, members: [macs[2], macs[3], '52:54:00:12:34:57'] }] });
    expect(commandsOf(planNetwork(more, first.after).plan)).toEqual([
      '/usr/bin/nmcli connection reload',
      up('52:54:00:12:34:57'),
    ]);
    expect(commandsOf(planNetwork({ interfaces: [] }, first.after).plan)).toEqual([
      '/usr/bin/nmcli connection reload',
    ]);
    expect(planNetwork(exampleNetwork(), newMachine(running), {}).plan.live).toEqual([]);
  });

  const { [service]: _, ...disabled } = tree;
  test.each([
    ['enabled', tree, true],
    ['enabled by its package', { ...disabled, [service.replace('/etc', '/usr/lib')]: '' }, true],
    ['OpenRC', { ...disabled, '/etc/runlevels/default/networkmanager': { link: '/x' } }, true],
    ['sysvinit', { ...disabled, '/etc/rc2.d/S01network-manager': { link: '/x' } }, true],
    ['not enabled', disabled, false],
    ['masked', { ...tree, '/etc/systemd/system/NetworkManager.service': { link: '/dev/null' } }, false],
    [
      'left to ifupdown',
      { ...tree, '/usr/sbin/ifup': '', '/etc/network/interfaces': 'auto ens3\niface ens3 inet dhcp\n' },
      false,
    ],
    [
      'beside an ifupdown that has the loopback only',
      { ...tree, '/usr/sbin/ifup': '', '/etc/network/interfaces': 'auto lo\niface lo inet loopback\n' },
      true,
    ],
    ['left to the network service', { ...tree, '/etc/rc.d/rc3.d/S10network': { link: '/x' } }, false],
    [
      'beside systemd-networkd',
      { ...tree, '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': '' },
      false,
    ],
  ])('%s', (_name, files, ours) => {
    const { plan } = planNetwork({ interfaces: [{ mac: '52:54:00:12:34:57' }] }, newMachine(files));
    expect(plan.steps.some(({ path }) => path.startsWith(folder))).toBe(ours);
  });
});

test('a gateway without an address of ours is a route, and nothing without DHCP either', () => {
  const text = (addressing: object): string => renderKeyfile({ kind: 'nic', name: macs[0], addressing }).text;
  expect(text({ dhcp4: true, gateway4: '192.0.2.1', gateway6: 'fe80::1' })).toContain(
    '[ipv4]\nmethod=auto\nroute1=0.0.0.0/0,192.0.2.1\n\n[ipv6]\nmethod=link-local\nroute1=::/0,fe80::1\n',
  );
  expect(text({ gateway4: '192.0.2.1' })).toContain('[ipv4]\nmethod=disabled\n\n');
});

describe('UUID of a connection', () => {
  test('is the same each time and has the form of RFC 9562', () => {
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
