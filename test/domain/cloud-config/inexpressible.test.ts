import { describe, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { inexpressible } from '../../../server/domain/cloud-config/inexpressible.ts';
import { sampleGuest } from '../../drive/sample-generation.ts';
import { cloudGuest } from '../../drive/tree/cloud-config-guest.ts';

function reason(subject: string, more: Partial<GuestConfiguration> = {}): string | undefined {
  return inexpressible({ ...cloudGuest, ...more }).find((one) => one.subject === subject)?.reason;
}

describe('what a cloud-config cannot say', () => {
  test('is nothing where the agent dresses the guest', () => {
    expect(inexpressible(sampleGuest())).toEqual([]);
  });

  test('is, for any guest, all that happens after the first boot', () => {
    const subjects = inexpressible({ ...sampleGuest(), delivery: 'cloud-config' }).map(
      ({ subject }) => subject,
    );
    expect(subjects).toEqual(
      expect.arrayContaining(['later generations', 'revocation', 'drift', 'reports', 'clashes', 'signature']),
    );
  });

  test('names groups by the numbers that they do not get, and accounts by what does not hold', () => {
    expect(reason('group ops')).toMatch(/20000/);
    expect(reason('account alice')).toMatch(/adm/);
    expect(reason('account rescue')).toMatch(/guarantee/);
    const carol = inexpressible(cloudGuest).filter(({ subject }) => subject === 'account carol');
    expect(carol.map((one) => one.reason)).toEqual([
      expect.stringContaining('2030-06-15'),
      expect.stringContaining('keys of its own'),
    ]);
  });

  test.each<[string, Partial<GuestConfiguration>]>([
    ['onFailure', { onFailure: 'stop' }],
    ['network', { network: { ...cloudGuest.network, live: true } }],
    ['adoptAccounts', { adoptAccounts: true }],
    ['sessions', { sessions: { keep: true } }],
    ['repairMinutes', { repairMinutes: 15 }],
    ['driveDays', { driveDays: 30 }],
    ['dns', { network: { interfaces: [] } }],
    ['ntp 2001:db8::123', { ntp: { servers: ['2001:db8::123'] } }],
  ])('names the setting %s, where policy has it', (subject, more) => {
    expect(reason(subject)).toBeUndefined();
    expect(reason(subject, more)).toBeDefined();
  });

  test('names links that cloud-init calls otherwise', () => {
    const interfaces = [{ mac: '52:54:00:00:00:01' }, { mac: '52:54:00:00:00:02' }];
    const members = interfaces.map(({ mac }) => mac);
    const network = (bond: string, vlan: string): GuestConfiguration['network'] => ({
      interfaces,
      bonds: [{ name: bond, mode: 'active-backup', members }],
      vlans: [{ name: vlan, id: 40, link: bond }],
    });
    expect(reason('network bond0', { network: network('bond0', 'bond0.40') })).toBeUndefined();
    expect(reason('network bond0.40', { network: network('bond0', 'bond0.40') })).toBeUndefined();
    expect(reason('network uplink', { network: network('uplink', 'storage') })).toMatch(/bond0/);
    expect(reason('network storage', { network: network('uplink', 'storage') })).toMatch(/bond0\.40/);
  });
});
