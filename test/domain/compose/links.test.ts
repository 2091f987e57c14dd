import { describe, expect, test } from 'vitest';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { diffGuests } from '../../../server/domain/diff.ts';
import { sampleRole } from '../sample.ts';
import { dress } from './dress.ts';

const validators = createValidators();
const [one, two] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
const record: Partial<InstanceRecord> = {
  interfaces: [{ mac: one }, { mac: two }],
  bonds: [
    {
      name: 'bond0',
      mode: '802.3ad',
      members: [one, two],
      lacpRate: 'fast',
      addresses: ['192.0.2.10/24'],
      gateway4: '192.0.2.1',
    },
  ],
  vlans: [{ name: 'bond0.40', id: 40, link: 'bond0', addresses: ['198.51.100.10/24'], mtu: 1400 }],
};

describe('bonds and VLANs', () => {
  test('are in the guest configuration, which its schema takes', () => {
    const { guest } = dress({}, record);
    expect(guest.network).toEqual(record);
    expect(validators.guestConfiguration(structuredClone(guest))).toMatchObject({ kind: 'valid' });
    expect(dress().guest.network).toEqual({ interfaces: [expect.anything()] });
  });

  test('get the routes of which they reach the gateway', () => {
    const routes = [
      { to: '10.0.0.0/8', via: '192.0.2.254' },
      { to: '172.16.0.0/12', via: '198.51.100.254' },
    ];
    const { guest, sources, problems } = dress({ defaults: { routes } }, record);
    expect(guest.network.bonds?.[0]?.routes).toEqual([routes[0]]);
    expect(guest.network.vlans?.[0]?.routes).toEqual([routes[1]]);
    expect(sources('network', 'bond0.40 route 172.16.0.0/12 via 198.51.100.254')).toEqual([
      'policy defaults',
    ]);
    expect(problems).toEqual([]);
  });

  test('are explained by the field of the record', () => {
    const { composition, sources } = dress({}, record);
    const lines = composition.sources.filter(({ section }) => section === 'network');
    expect(lines.map(({ subject, value }) => `${subject} = ${value}`)).toEqual([
      `${one} interface = ${one}`,
      `${two} interface = ${two}`,
      'bond0 bond = 802.3ad',
      `bond0 member ${one} = ${one}`,
      `bond0 member ${two} = ${two}`,
      'bond0 lacpRate = fast',
      'bond0 address 192.0.2.10/24 = 192.0.2.10/24',
      'bond0 gateway4 = 192.0.2.1',
      'bond0.40 vlan = 40 on bond0',
      'bond0.40 address 198.51.100.10/24 = 198.51.100.10/24',
      'bond0.40 mtu = 1400',
    ]);
    expect(lines.filter((line) => line.sources.length === 0)).toEqual([]);
    expect(sources('network', `bond0 member ${two}`)).toEqual(['inventory bonds/0/members']);
    expect(sources('network', 'bond0.40 vlan')).toEqual(['inventory vlans/0/id']);
  });

  test('show in a diff', () => {
    const after = { ...record, vlans: [{ name: 'bond0.40', id: 41, link: 'bond0' }] };
    const changes = diffGuests(dress({}, record).guest, dress({}, after).guest);
    expect(changes.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      'change bond0.40 vlan',
      'remove bond0.40 address 198.51.100.10/24',
      'remove bond0.40 mtu',
    ]);
  });

  test('count where a sudoHost is an address', () => {
    const directory = { sudoRoles: [sampleRole('web-vlan', { hosts: ['198.51.100.0/24'] })] };
    expect(dress({}, record, directory).guest.sudo.rules).toMatchObject([{ role: 'web-vlan' }]);
    expect(dress({}, {}, directory).guest.sudo.rules).toEqual([]);
  });

  test('are variables of templates', () => {
    const content =
      '{% for vlan in vlans %}{{ vlan.name }}={{ vlan.id }} {{ bonds[0].members | join: "," }}{% endfor %}';
    const { guest } = dress({ files: [{ path: '/etc/links', template: true, content }] }, record);
    expect(guest.files[0]?.content).toBe(`bond0.40=40 ${one},${two}`);
  });
});
