import { describe, expect, test } from 'vitest';
import { kernelNames } from '../../../../guest-agent/agent/resources/network/kernel-names.ts';
import { arrangeLinks, nameLinks } from '../../../../guest-agent/agent/resources/network/links.ts';
import { linkProblems } from '../../../../schemas/network-links/link-problems.ts';
import { testMachine } from '../../test-machine.ts';
import { exampleNetwork, macs, networkCards } from './example-network.ts';

describe('links', () => {
  test('come from the bottom up', () => {
    const links = arrangeLinks(exampleNetwork());
    expect(links.map(({ kind, name }) => [kind, name])).toEqual([
      ['nic', macs[0]],
      ['nic', macs[1]],
      ['member', macs[2]],
      ['member', macs[3]],
      ['bond', 'bond0'],
      ['vlan', 'ens3.40'],
      ['vlan', 'storage'],
    ]);
  });

  test('the example is one that is let through', () => {
    expect(linkProblems(exampleNetwork())).toEqual([]);
  });

  const bond = { name: 'bond0', mode: 'active-backup' as const, members: [macs[0]] };
  const vlan = { name: 'v', id: 4, link: macs[1] };
  test.each([
    ['a name with another number', { vlans: [{ ...vlan, name: 'x.5' }] }, /another number than 4/],
    ['a name with another link', { bonds: [bond], vlans: [{ ...vlan, name: 'bond0.4' }] }, /another link/],
    ['a name that is none', { bonds: [{ ...bond, name: 'a b' }] }, /name of a bond or VLAN/],
    [
      'a name that is too long',
      { bonds: [{ ...bond, name: 'abcdefghijklmn.123' }] },
      /name of a bond or VLAN/,
    ],
  ])('%s is refused', (_, changes, message) => {
    expect(() => arrangeLinks({ interfaces: [], ...changes })).toThrow(message);
  });

  test('NICs get their kernel names', () => {
    const names = kernelNames(testMachine(networkCards).files);
    const { links, problems } = nameLinks(arrangeLinks(exampleNetwork()), names);
    expect(problems).toEqual([]);
    expect(links.map(({ name }) => name)).toEqual([
      'ens3',
      'ens4',
      'ens5',
      'ens6',
      'bond0',
      'ens3.40',
      'storage',
    ]);
    expect(links).toContainEqual(expect.objectContaining({ name: 'bond0', members: ['ens5', 'ens6'] }));
    expect(links).toContainEqual(expect.objectContaining({ name: 'ens3.40', lower: 'ens3' }));
  });

  test('a NIC that is not there, and a name that is taken, are problems', () => {
    const names = new Map([['52:54:00:12:34:53', 'storage']]);
    const { problems } = nameLinks(arrangeLinks(exampleNetwork()), names);
    expect(problems).toEqual([
      ...macs
        .slice(1)
        .map(
          (mac) =>
            `interface ${mac}: the guest has none with that MAC address; attach it or correct the CMDB`,
        ),
      'vlan storage: an interface of the guest has that name; choose another',
    ]);
  });

  test('a bond that runs, and what lies on it, hide no NIC', () => {
    const machine = testMachine({
      '/sys/class/net/ens3/address': `${macs[0]}\n`,
      '/sys/class/net/ens3/bonding_slave/perm_hwaddr': `${macs[0]}\n`,
      '/sys/class/net/ens4/address': `${macs[0]}\n`,
      '/sys/class/net/ens4/bonding_slave/perm_hwaddr': `${macs[1].toUpperCase()}\n`,
      '/sys/class/net/ens5/address': `${macs[2]}\n`,
      '/sys/class/net/ens5/uevent': 'INTERFACE=ens5\nIFINDEX=4\n',
      '/sys/class/net/zbond/address': `${macs[0]}\n`,
      '/sys/class/net/zbond/uevent': 'DEVTYPE=bond\nINTERFACE=zbond\n',
      '/sys/class/net/zbond.4/address': `${macs[0]}\n`,
      '/sys/class/net/zbond.4/uevent': 'DEVTYPE=vlan\n',
    });
    expect(Object.fromEntries(kernelNames(machine.files))).toEqual({
      [macs[0]]: 'ens3',
      [macs[1]]: 'ens4',
      [macs[2]]: 'ens5',
    });
  });
});
