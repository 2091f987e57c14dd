import { describe, expect, test } from 'vitest';
import { exampleNetwork, macs } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, textOf, treeOf } from './plan-network.ts';

const tree = {
  '/usr/lib/systemd/systemd-networkd': '',
  '/usr/lib/systemd/libsystemd-shared-252.so': '',
  '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': { link: '/x' },
};

describe('systemd-networkd', () => {
  test('golden tree', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan.problems).toEqual([]);
    await expect(treeOf(after, '/etc/systemd/network')).toMatchFileSnapshot('golden/networkd.txt');
  });

  test('a second plan has nothing to do, and with nothing wanted all of ours goes', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], live: [], changes: [] });
    expect(planNetwork({ interfaces: [] }, second.after).after).toEqual(newMachine(tree));
  });

  test('members go by the address that they were made with, where systemd knows that', () => {
    const path = `/etc/systemd/network/05-ubugi-${macs[3].replaceAll(':', '')}.network`;
    const { after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(textOf(after, path)).toContain(`[Match]\nPermanentMACAddress=${macs[3]}\n`);
    const { '/usr/lib/systemd/libsystemd-shared-252.so': _, ...old } = tree;
    for (const files of [old, { ...old, '/usr/lib/systemd/libsystemd-shared-241.so': '' }]) {
      expect(textOf(planNetwork(exampleNetwork(), newMachine(files)).after, path)).toContain(
        `[Match]\nMACAddress=${macs[3]}\n`,
      );
    }
  });

  test('files of bonds and VLANs sort before those of NICs, whose addresses they may have', () => {
    const { plan } = planNetwork(exampleNetwork(), newMachine(tree));
    const names = plan.owns.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort();
    const made = names.filter((name) => /bond0|ens3\.40|storage/.test(name));
    expect(names.slice(0, made.length)).toEqual(made);
    expect(made).toHaveLength(6);
  });

  test('a running networkd reloads; a link that it would not change is made anew', () => {
    const running = {
      ...tree,
      '/usr/bin/networkctl': '',
      '/usr/bin/systemctl': '',
      '/usr/lib/systemd/system/systemd-networkd.service': '',
      '/run/systemd/system/x': '',
      '/run/systemd/netif/state': '',
      '/run/dbus/system_bus_socket': '',
    };
    const first = planNetwork(exampleNetwork(), newMachine(running));
    expect(commandsOf(first.plan)).toEqual(['/usr/bin/networkctl reload']);
    const up = { ...first.after, tree: { ...first.after.tree, '/sys/class/net/bond0/uevent': '' } };
    const [bond] = exampleNetwork().bonds ?? [];
    if (bond === undefined) throw new Error('the example has no bond');
    const changed = exampleNetwork({ bonds: [{ ...bond, mode: 'active-backup' }] });
    expect(commandsOf(planNetwork(changed, up).plan)).toEqual([
      '/usr/bin/networkctl delete bond0',
      '/usr/bin/systemctl --no-block try-restart systemd-networkd.service',
    ]);
    expect(commandsOf(planNetwork({ interfaces: [] }, up).plan)[0]).toBe('/usr/bin/networkctl delete bond0');
  });
});
