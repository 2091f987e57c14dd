import { describe, expect, test } from 'vitest';
import { exampleNetwork, macs, networkCards } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, textOf, treeOf } from './plan-network.ts';

const folder = '/etc/sysconfig/network';
const tree = {
  '/usr/sbin/wicked': '',
  '/etc/systemd/system/network.service': { link: '/usr/lib/systemd/system/wicked.service' },
  ...networkCards,
};

describe('wicked', () => {
  test('golden tree', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan.problems).toEqual([]);
    await expect(treeOf(after, folder)).toMatchFileSnapshot('golden/wicked.txt');
  });

  test('a second plan has nothing to do, and with nothing wanted all of ours goes', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], live: [], changes: [] });
    expect(planNetwork({ interfaces: [] }, second.after).after).toEqual(newMachine(tree));
  });

  test('what others wrote for a link becomes comments, and comes back', () => {
    const theirs = {
      [`${folder}/ifcfg-ens3`]: "# by cloud-init\nBOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
      [`${folder}/ifroute-ens3`]: 'default 10.0.0.1 - ens3\n',
      [`${folder}/ifcfg-ens4`]: "BOOTPROTO='dhcp'\n",
      [`${folder}/routes`]: '10.1.0.0/16 10.0.0.9 - -\ndefault 10.0.0.1 - -\ndefault fe80::1 - -\n',
    };
    const wanted = { interfaces: [{ mac: macs[0], addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' }] };
    const { after } = planNetwork(wanted, newMachine({ ...tree, ...theirs }));
    expect(textOf(after, `${folder}/ifcfg-ens3`)).toBe(`# by cloud-init
# disabled by ubugi: BOOTPROTO='dhcp'
# disabled by ubugi: STARTMODE='auto'
# begin ubugi
STARTMODE='auto'
BOOTPROTO='static'
IPADDR='192.0.2.10/24'
# end ubugi
`);
    expect(textOf(after, `${folder}/ifroute-ens3`)).toBe(`# disabled by ubugi: default 10.0.0.1 - ens3
# begin ubugi
default 192.0.2.1 - ens3
# end ubugi
`);
    expect(textOf(after, `${folder}/routes`)).toBe(
      '10.1.0.0/16 10.0.0.9 - -\n# disabled by ubugi: default 10.0.0.1 - -\ndefault fe80::1 - -\n',
    );
    expect(textOf(after, `${folder}/ifcfg-ens4`)).toBe(theirs[`${folder}/ifcfg-ens4`]);
    expect(planNetwork(wanted, after).plan.steps).toEqual([]);
    expect(planNetwork({ interfaces: [] }, after).after.tree).toEqual(
      Object.fromEntries(
        Object.entries({ ...tree, ...theirs }).map(([path, entry]) => [
          path,
          /ens3$|routes$/.test(path) && typeof entry === 'string' && path.startsWith(folder)
            ? { text: entry, mode: 0o644 }
            : entry,
        ]),
      ),
    );
  });

  test('a running one reloads its links', () => {
    const { plan } = planNetwork(exampleNetwork(), newMachine({ ...tree, '/run/wicked/x': '' }));
    expect(commandsOf(plan)).toEqual(['/usr/sbin/wicked ifreload ens3 ens4 ens5 ens6 bond0 ens3.40 storage']);
  });

  test('is left alone where another service is in use', () => {
    const other = { ...tree, '/etc/systemd/system/network.service': { link: '/x/NetworkManager.service' } };
    expect(planNetwork(exampleNetwork(), newMachine(other)).plan.steps).toEqual([]);
  });
});
