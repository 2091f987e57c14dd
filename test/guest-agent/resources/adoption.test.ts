import { describe, expect, test } from 'vitest';
import type { GuestAccount, GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { exampleGuest } from '../example-guest.ts';
import type { TestEntry } from '../test-machine.ts';
import { guestFiles, plan } from './identity-plan.ts';

/** A guest that had alice before us, with a password and root by the group sudo. */
const withAlice: Record<string, TestEntry> = {
  ...guestFiles,
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/bash\nhttp:x:950:950::/srv:/bin/sh\nalice:x:5001:5001:Old,,,:/home/old:/bin/zsh\n',
  '/etc/group': 'root:x:0:\nsudo:x:27:alice\nhttp:x:950:\nalice:x:5001:\noperators:x:6001:local\n',
  '/etc/shadow': { text: 'root:*:1:0:99999:7:::\nalice:$y$hash:18000:0:99999:7:::\n', mode: 0o640 },
};
const adopting = (changes: Partial<GuestConfiguration> = {}): GuestConfiguration =>
  exampleGuest({ adoptAccounts: true, ...changes });
function withAccount(changes: Partial<GuestAccount>): readonly GuestAccount[] {
  const [alice, bob] = exampleGuest().accounts;
  if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
  return [{ ...alice, ...changes }, bob];
}

describe('what the guest had before us', () => {
  test('is a clash unless policy says to adopt, and then nothing of it is touched', () => {
    const { problems, text } = plan(exampleGuest(), undefined, withAlice);
    expect(problems).toEqual([expect.stringContaining('let policy adopt it, or rename one of the two')]);
    expect(text('/etc/passwd')).toContain('alice:x:5001:5001:Old,,,:/home/old:/bin/zsh\n');
    expect(text('/etc/shadow')).toContain('alice:$y$hash:');
    expect(text('/etc/group')).toContain('sudo:x:27:alice\n');
  });

  test('adopted it is as policy has it: no password, no group but those given; what it was is on record', () => {
    const first = plan(adopting(), undefined, withAlice);
    expect(first.problems).toEqual([]);
    expect(first.text('/etc/passwd')).toContain('alice:x:5001:5001:Alice Example:/home/alice:/bin/bash\n');
    expect(first.text('/etc/shadow')).toMatch(/^alice:\*:18000:/m);
    expect(first.text('/etc/group')).toContain('sudo:x:27:\n');
    expect(first.text('/etc/group')).toContain('operators:x:6001:alice,bob\n');
    expect(first.result.resources[1]?.changes).toContainEqual({
      action: 'update',
      target: 'account alice',
      detail: 'uid 5001, gid 5001; adopted',
    });
    expect(first.owns.accounts[0]).toEqual({
      name: 'alice',
      uid: 5001,
      state: 'active',
      extraGroups: [],
      adopted: {
        gid: 5001,
        gecos: 'Old,,,',
        home: '/home/old',
        shell: '/bin/zsh',
        groups: ['sudo'],
        password: true,
      },
    });
    expect(first.owns.groups).toContainEqual({ name: 'operators', gid: 6001, adopted: true });
    const second = plan(adopting(), first.owns, first.after());
    expect(second.steps).toEqual([]);
    expect(second.owns).toEqual(first.owns);
  });

  test('when policy no longer gives it, it is locked like any other; an adopted group stays, empty', () => {
    const first = plan(adopting(), undefined, withAlice);
    const bob = exampleGuest().accounts.slice(1);
    const groups = exampleGuest().groups.slice(1, 2);
    const second = plan(adopting({ accounts: bob, groups }), first.owns, first.after());
    expect(second.text('/etc/passwd')).toContain('alice:x:5001:5001:Alice Example:/home/alice:/bin/false\n');
    expect(second.text('/etc/shadow')).toMatch(/^alice:!\*:18000:0:99999:7::1:$/m);
    expect(second.text('/etc/group')).toContain('operators:x:6001:\n');
    expect(second.owns.accounts[1]).toMatchObject({ state: 'revoked', adopted: { home: '/home/old' } });
    expect(second.owns.groups.map(({ name }) => name)).not.toContain('operators');
    const third = plan(adopting({ accounts: bob, groups }), second.owns, second.after());
    expect(third.steps).toEqual([]);
  });

  test('name alone, number alone, and system accounts are never adopted', () => {
    const clash = (changes: Partial<GuestAccount>, files = withAlice): readonly string[] =>
      plan(adopting({ accounts: [...withAccount(changes)] }), undefined, files).problems;
    expect(clash({ uid: 7777 })).toEqual([expect.stringContaining('with uid 5001 that is not Ubugi')]);
    expect(clash({ name: 'carol' })).toEqual([
      expect.stringContaining("uid 5001 belongs to the guest's own account alice"),
    ]);
    expect(clash({ name: 'http', uid: 950 })).toEqual([
      expect.stringContaining('it is a system account of the guest'),
    ]);
    const raised = { ...withAlice, '/etc/login.defs': '# x\nUID_MIN\t 6000\n' };
    expect(clash({}, raised)).toEqual([expect.stringContaining('it is a system account of the guest')]);
  });

  test("a system group that is just what is wanted gains members and stays the guest's", () => {
    const groups = [...exampleGuest().groups, { name: 'http', gid: 950, members: ['alice'] }];
    const { owns, text } = plan(adopting({ groups }), undefined, withAlice);
    expect(text('/etc/group')).toContain('http:x:950:alice\n');
    expect(owns.groups.map(({ name }) => name)).not.toContain('http');
  });
});
