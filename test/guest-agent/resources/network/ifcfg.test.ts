import { describe, expect, test } from 'vitest';
import { exampleNetwork, macs, networkCards } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, textOf, treeOf } from './plan-network.ts';

const folder = '/etc/sysconfig/network-scripts';
const tree = { [`${folder}/ifup-eth`]: '', ...networkCards };

describe('ifcfg of initscripts', () => {
  test('golden tree', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan.problems).toEqual([]);
    await expect(treeOf(after, folder)).toMatchFileSnapshot('golden/ifcfg.txt');
  });

  test('a second plan has nothing to do, and with nothing wanted all of ours goes', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], live: [], changes: [] });
    expect(planNetwork({ interfaces: [] }, second.after).after).toEqual(newMachine(tree));
  });

  test('what others wrote for a link, routes too, becomes comments, and comes back', () => {
    const before = newMachine({
      ...tree,
      [`${folder}/ifcfg-ens3`]: 'DEVICE=ens3\nBOOTPROTO=dhcp\n',
      [`${folder}/route-ens3`]: 'ADDRESS0=10.0.0.0\nNETMASK0=255.0.0.0\nGATEWAY0=192.0.2.9\n',
    });
    const wanted = { interfaces: [{ mac: macs[0], addresses: ['192.0.2.10/24'] }] };
    const { after } = planNetwork(wanted, before);
    expect(textOf(after, `${folder}/ifcfg-ens3`)).toContain(
      "# disabled by ubugi: BOOTPROTO=dhcp\n# begin ubugi\nDEVICE='ens3'\n",
    );
    expect(textOf(after, `${folder}/route-ens3`)).not.toMatch(/^[^#]/m);
    expect(planNetwork(wanted, after).plan.steps).toEqual([]);
    const back = planNetwork({ interfaces: [] }, after).after;
    for (const name of ['ifcfg-ens3', 'route-ens3']) {
      expect(textOf(back, `${folder}/${name}`)).toBe(textOf(before, `${folder}/${name}`));
    }
  });

  test('one interface has the default route', () => {
    const { after } = planNetwork(
      {
        interfaces: [
          { mac: macs[0], addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' },
          { mac: macs[1], dhcp4: true },
        ],
      },
      newMachine(tree),
    );
    expect(textOf(after, `${folder}/ifcfg-ens3`)).toContain("DEFROUTE='yes'\n");
    expect(textOf(after, `${folder}/ifcfg-ens4`)).toContain("DEFROUTE='no'\n");
  });

  test('a running system is told by NetworkManager where that reads the files, else by ifdown and ifup', () => {
    const wanted = { interfaces: [{ mac: macs[0], dhcp4: true }] };
    const programs = { '/usr/sbin/ifup': '', '/usr/sbin/ifdown': '', '/usr/bin/nmcli': '' };
    const scripts = { ...tree, ...programs, '/var/lock/subsys/network': '' };
    expect(commandsOf(planNetwork(wanted, newMachine(scripts)).plan)).toEqual([
      '/usr/sbin/ifdown ens3',
      '/usr/sbin/ifup ens3',
    ]);
    expect(commandsOf(planNetwork(wanted, newMachine({ ...tree, ...programs })).plan)).toEqual([]);
    const plugin = {
      ...networkCards,
      ...programs,
      [`${folder}/readme-ifcfg-rh.txt`]: '',
      '/usr/lib64/NetworkManager/1.40.16-15.el8_9/libnm-settings-plugin-ifcfg-rh.so': '',
      '/run/NetworkManager/NetworkManager.pid': '',
    };
    expect(commandsOf(planNetwork(wanted, newMachine(plugin)).plan)).toEqual([
      '/usr/bin/nmcli connection reload',
      '/usr/bin/nmcli --wait 25 connection up id ubugi ens3',
    ]);
  });
});
