import { describe, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { GuestRule } from '../../../schemas/types/policy.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { contentHash } from '../../../server/domain/content-hash.ts';
import { diffGuests } from '../../../server/domain/diff.ts';
import { dress } from './dress.ts';

const validators = createValidators();

const everything: GuestRule = {
  name: 'locked',
  guest: 'cloud-config',
  network: 'live',
  adoptAccounts: true,
  sessions: { endAfterMinutes: 30 },
  repairMinutes: 15,
  driveDays: 90,
};

function handled(guest: GuestConfiguration): object {
  const { delivery, adoptAccounts, sessions, repairMinutes, driveDays, network } = guest;
  return { delivery, adoptAccounts, sessions, repairMinutes, driveDays, live: network.live };
}

describe('how a guest is handled', () => {
  test('is in its configuration, which its schema takes', () => {
    const { guest } = dress({ guests: [everything] });
    expect(handled(guest)).toEqual({
      delivery: 'cloud-config',
      adoptAccounts: true,
      sessions: { endAfterMinutes: 30 },
      repairMinutes: 15,
      driveDays: 90,
      live: true,
    });
    expect(validators.guestConfiguration(structuredClone(guest))).toMatchObject({ kind: 'valid' });
  });

  test('says each setting by the first rule that matches and names it', () => {
    const { guest, sources } = dress({
      guests: [
        { name: 'elsewhere', match: { project: ['db'] }, sessions: 'end' },
        { name: 'web', match: { project: ['web'] }, sessions: 'keep' },
        { name: 'prod', match: { tags: ['prod'] }, sessions: { endAfterMinutes: 5 }, repairMinutes: 60 },
        { name: 'all', sessions: 'keep', repairMinutes: 60, driveDays: 7 },
      ],
    });
    expect(handled(guest)).toMatchObject({ sessions: { keep: true }, repairMinutes: 60, driveDays: 7 });
    expect(sources('guest', 'sessions')).toEqual(['policy web', 'policy all', '[policy prod]']);
    expect(sources('guest', 'repairMinutes')).toEqual(['policy prod', 'policy all']);
  });

  test('explain names file and line of the setting', () => {
    const { composition } = dress({ guests: [everything] });
    const pointer = '/guests/0/network';
    expect(composition.sources).toContainEqual({
      section: 'guest',
      subject: 'network',
      value: 'changed while running',
      sources: [{ kind: 'policy', name: 'policy.yaml', record: 'locked', field: `line ${pointer.length}` }],
    });
  });

  test('changes no content where a rule names what holds anyway', () => {
    const defaults: GuestRule = {
      name: 'as ever',
      guest: 'agent',
      network: 'next-boot',
      adoptAccounts: false,
      sessions: 'end',
      repairMinutes: 0,
      driveDays: 0,
    };
    const [before, after] = [dress().composition, dress({ guests: [defaults] }).composition];
    expect(contentHash(after)).toBe(contentHash(before));
    // A default that stands first still wins over what comes later.
    expect(handled(dress({ guests: [defaults, everything] }).guest)).toEqual({});
  });

  test('shows in a diff', () => {
    const before = dress({ guests: [{ name: 'a', sessions: 'keep' }] }).guest;
    const after = dress({ guests: [everything] }).guest;
    expect(
      diffGuests(before, after).map(({ action, subject, after: now }) => [action, subject, now]),
    ).toEqual([
      ['change', 'sessions', 'ended after 30 min'],
      ['add', 'delivery', 'cloud-config'],
      ['add', 'network', 'changed while running'],
      ['add', 'adoptAccounts', 'yes'],
      ['add', 'repairMinutes', 'every 15 min'],
      ['add', 'driveDays', '90 days'],
    ]);
  });
});
