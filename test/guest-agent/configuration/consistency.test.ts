import { describe, expect, test } from 'vitest';
import { inconsistencyOf } from '../../../guest-agent/agent/configuration/consistency.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { sampleGuest } from '../../drive/sample-generation.ts';

const [one, two] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
const network: GuestConfiguration['network'] = {
  interfaces: [{ mac: one }, { mac: two }],
  bonds: [{ name: 'bond0', mode: 'active-backup', members: [one, two] }],
  vlans: [{ name: 'bond0.40', id: 40, link: 'bond0', dhcp4: true }],
};

describe('a guest configuration whose links name each other', () => {
  test('is consistent where they are there', () => {
    expect(inconsistencyOf({ ...sampleGuest(), network })).toBeUndefined();
  });

  test.each<[string, Partial<GuestConfiguration['network']>, RegExp]>([
    ['members that are not there', { interfaces: [{ mac: one }] }, /^\/network\/bonds\/0\/members\/1 .*: .+/],
    ['a VLAN on nothing', { bonds: undefined } as never, /^\/network\/vlans\/0\/link /],
    ['one name twice', { vlans: [{ name: 'bond0', id: 40, link: 'bond0' }] }, /^\/network\/vlans\/0\/name /],
  ])('is refused for %s', (_, more, message) => {
    expect(inconsistencyOf({ ...sampleGuest(), network: { ...network, ...more } })).toMatch(message);
  });
});
