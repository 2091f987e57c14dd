import { describe, expect, test } from 'vitest';
import { linkProblems, type MachineLinks } from '../../../schemas/network-links/link-problems.ts';
import type { Bond, NetworkInterface, Vlan } from '../../../schemas/types/common.ts';

const [one, two, three] = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03'] as const;
const interfaces: readonly NetworkInterface[] = [
  { name: 'eth0', mac: one },
  { name: 'eth1', mac: two },
  { name: 'eth2', mac: three, addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' },
];
const bond: Bond = { name: 'bond0', mode: '802.3ad', members: [one, two] };
const vlan: Vlan = { name: 'bond0.40', id: 40, link: 'bond0' };

function wrong(more: Partial<MachineLinks>): readonly string[] {
  return linkProblems({ interfaces, bonds: [bond], vlans: [vlan], ...more }).map(({ pointer }) => pointer);
}

describe('links of a machine', () => {
  test.each<[string, Partial<MachineLinks>]>([
    ['a bond of two and a VLAN on it', {}],
    ['no bond and no VLAN', { bonds: undefined, vlans: undefined }],
    ['a VLAN on an interface that has addresses', { vlans: [{ ...vlan, link: three }] }],
    ['one VLAN on two links', { vlans: [vlan, { ...vlan, name: 'eth2.40', link: three }] }],
    ['options of LACP', { bonds: [{ ...bond, lacpRate: 'fast', xmitHashPolicy: 'layer3+4' }] }],
    ['the MAC address of a member', { bonds: [{ ...bond, mac: two }] }],
    ['a MAC address of its own', { bonds: [{ ...bond, mac: '52:54:00:00:00:09' }] }],
    ['jumbo frames on both', { bonds: [{ ...bond, mtu: 9000 }], vlans: [{ ...vlan, mtu: 9000 }] }],
  ])('%s is right', (_, more) => {
    expect(wrong(more)).toEqual([]);
  });

  test.each<[string, Partial<MachineLinks>, string]>([
    ['two interfaces of one MAC address', { interfaces: [...interfaces, { mac: two }] }, '/interfaces/3/mac'],
    [
      'a member that is not there',
      { bonds: [{ ...bond, members: [one, '52:54:00:00:00:99'] }] },
      '/bonds/0/members/1',
    ],
    ['a member with addresses', { bonds: [{ ...bond, members: [one, three] }] }, '/bonds/0/members/1'],
    ['a member with DHCP', { interfaces: [{ mac: one, dhcp4: true }, { mac: two }] }, '/bonds/0/members/0'],
    [
      'a member of two bonds',
      { bonds: [bond, { ...bond, name: 'bond1', members: [two] }] },
      '/bonds/1/members/0',
    ],
    [
      'two bonds of one name',
      {
        bonds: [
          { ...bond, members: [one] },
          { ...bond, members: [two] },
        ],
      },
      '/bonds/1/name',
    ],
    ['a VLAN of the name of a bond', { vlans: [{ ...vlan, name: 'bond0' }] }, '/vlans/0/name'],
    [
      'a bond of the name of an interface',
      { bonds: [{ ...bond, name: 'eth2' }], vlans: [] },
      '/bonds/0/name',
    ],
    ['the MAC address of another interface', { bonds: [{ ...bond, mac: three }] }, '/bonds/0/mac'],
    [
      'LACP in another mode',
      { bonds: [{ ...bond, mode: 'active-backup', lacpRate: 'slow' }] },
      '/bonds/0/lacpRate',
    ],
    [
      'hashing where nothing is hashed',
      { bonds: [{ ...bond, mode: 'active-backup', xmitHashPolicy: 'layer2' }] },
      '/bonds/0/xmitHashPolicy',
    ],
    ['a VLAN on nothing', { vlans: [{ ...vlan, link: 'bond7' }] }, '/vlans/0/link'],
    [
      'a VLAN on an interface that is not there',
      { vlans: [{ ...vlan, link: '52:54:00:00:00:99' }] },
      '/vlans/0/link',
    ],
    ['a VLAN on a member', { vlans: [{ ...vlan, link: one }] }, '/vlans/0/link'],
    ['a VLAN on a VLAN', { vlans: [vlan, { name: 'inner', id: 7, link: 'bond0.40' }] }, '/vlans/1/link'],
    ['one VLAN twice on a link', { vlans: [vlan, { ...vlan, name: 'again' }] }, '/vlans/1/id'],
    ['a VLAN with larger frames than its link', { vlans: [{ ...vlan, mtu: 9000 }] }, '/vlans/0/mtu'],
  ])('%s is a problem of that field', (_, more, pointer) => {
    expect(wrong(more)).toEqual([pointer]);
  });
});
