import { describe, expect, test } from 'vitest';
import { createTable } from '../../../guest-agent/agent/resources/identity/table.ts';
import { exampleGuest } from '../example-guest.ts';
import { plan } from './identity-plan.ts';

describe('identity', () => {
  test('adds entries in front of NIS lines and keeps all others', () => {
    const { text, problems } = plan(exampleGuest());
    expect(problems).toEqual([]);
    expect(text('/etc/passwd')).toBe(
      'root:x:0:0:root:/root:/bin/bash\nlocal:x:1000:1000::/home/local:/bin/sh\nalice:x:5001:5001:Alice Example:/home/alice:/bin/bash\nbob:x:5002:5002:Bob:/home/bob:/bin/bash\n+::::::\n',
    );
    expect(text('/etc/group')).toBe(
      'root:x:0:\nadm:x:4:local,alice\nlocal:x:1000:\nalice:x:5001:\nbob:x:5002:\noperators:x:6001:alice,bob\n',
    );
    expect(text('/etc/gshadow')).toContain('adm:*::local,alice\n');
    expect(text('/etc/shadow')).toMatch(/^alice:\*:20455:0:99999:7:::$/m);
  });

  test('a second plan has nothing to do', () => {
    const first = plan(exampleGuest());
    const second = plan(exampleGuest(), first.owns, first.after());
    expect(second.result.resources.flatMap(({ steps }) => steps)).toEqual([]);
    expect(second.owns).toEqual(first.owns);
  });

  test('a password or a membership that somebody added to one of ours goes away, one of the guest stays', () => {
    const first = plan(exampleGuest());
    const after = first.after();
    const shadow = after['/etc/shadow'] as { readonly text: string };
    const group = after['/etc/group'] as { readonly text: string };
    const drifted = {
      ...after,
      '/etc/shadow': { text: shadow.text.replace('alice:*', 'alice:$y$hash'), mode: 0o640 },
      '/etc/group': group.text
        .replace('operators:x:6001:alice,bob', 'operators:x:6001:alice,bob,local')
        .replace('adm:x:4:local,alice', 'adm:x:4:local,alice,bob'),
    };
    const again = plan(exampleGuest(), first.owns, drifted);
    expect(again.text('/etc/shadow')).toMatch(/^alice:\*:/m);
    expect(again.text('/etc/group')).toContain('operators:x:6001:alice,bob\n');
    expect(again.text('/etc/group')).toContain('adm:x:4:local,alice,bob\n');
  });

  test('leaving takes extra memberships, groups and sessions; the primary group stays', () => {
    const first = plan(exampleGuest());
    const guest = exampleGuest();
    const second = plan(
      { ...guest, accounts: guest.accounts.slice(1), groups: guest.groups.slice(1, 2) },
      first.owns,
      first.after(),
    );
    expect(second.text('/etc/group')).toBe(
      'root:x:0:\nadm:x:4:local\nlocal:x:1000:\nalice:x:5001:\nbob:x:5002:\n',
    );
    expect(second.result.resources.find(({ resource }) => resource === 'accounts')?.live).toEqual([
      { kind: 'end-sessions', uid: 5001, account: 'alice' },
    ]);
    expect(second.owns.accounts).toContainEqual({
      name: 'alice',
      uid: 5001,
      state: 'revoked',
      extraGroups: [],
    });
    expect(second.owns.groups.map(({ name }) => name).sort()).toEqual(['alice', 'bob']);
    const third = plan(
      { ...guest, accounts: guest.accounts.slice(1), groups: guest.groups.slice(1, 2) },
      second.owns,
      second.after(),
    );
    expect(third.result.resources.flatMap(({ steps }) => steps)).toEqual([]);
  });

  test('a person renamed in the directory keeps her uid under one name only', () => {
    const first = plan(exampleGuest());
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    const second = plan(
      { ...exampleGuest(), accounts: [{ ...alice, name: 'alicia' }, bob] },
      first.owns,
      first.after(),
    );
    expect(second.text('/etc/passwd')).not.toMatch(/^alice:/m);
    expect(second.text('/etc/passwd')).toContain('alicia:x:5001:5001:Alice Example:/home/alice:/bin/bash\n');
    expect(second.owns.accounts.map(({ name }) => name)).toEqual(['alicia', 'bob']);
  });

  test('a changed uid is a problem, and the account stays ours and as it was', () => {
    const first = plan(exampleGuest());
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    const second = plan(
      { ...exampleGuest(), accounts: [{ ...alice, uid: 7000 }, bob] },
      first.owns,
      first.after(),
    );
    expect(second.problems).toEqual([expect.stringContaining('its uid was 5001 here and would become 7000')]);
    expect(second.result.resources.flatMap(({ steps }) => steps)).toEqual([]);
    expect(second.owns).toEqual(first.owns);
  });

  test.each([
    ['an account of the guest', { name: 'local', uid: 5001 }, /account of that name with uid 1000/],
    ['a uid of the guest', { name: 'alice', uid: 1000 }, /uid 1000 belongs to the guest's own account local/],
    ['a missing primary group', { name: 'alice', uid: 5001, gid: 4999 }, /primary group with gid 4999/],
  ])('refuses %s and goes on with the others', (_, changes, message) => {
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    const { problems, text, owns } = plan({ ...exampleGuest(), accounts: [{ ...alice, ...changes }, bob] });
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(text('/etc/passwd')).not.toMatch(/^alice:/m);
    expect(owns.accounts.map(({ name }) => name)).toEqual(['bob']);
  });

  test('an account that somebody else made anew under a name of ours is no longer ours', () => {
    const first = plan(exampleGuest());
    const passwd = (first.after()['/etc/passwd'] as { readonly text: string }).text.replace(
      'alice:x:5001',
      'alice:x:1777',
    );
    const second = plan(exampleGuest(), first.owns, { ...first.after(), '/etc/passwd': passwd });
    expect(second.problems).toEqual([expect.stringContaining('with uid 1777 that is not Ubugi')]);
  });

  test('a home in a file system of the kernel is refused', () => {
    const [alice] = exampleGuest().accounts;
    if (alice === undefined) throw new Error('the example has accounts');
    expect(() => plan({ ...exampleGuest(), accounts: [{ ...alice, home: '/proc/alice' }] })).toThrow(
      'file system of the kernel',
    );
  });
});

describe('table', () => {
  test('keeps what it does not understand', () => {
    const text = '# comment: here\n\nroot:x:0:\nbad\n-@x:::\nlast:x:9:\n';
    const table = createTable('/etc/group', text);
    expect(table.text()).toBe(text);
    table.put(['new', 'x', '7', '']);
    table.put(['last', 'x', '8', '']);
    table.remove('root');
    expect(table.text()).toBe('# comment: here\n\nbad\nnew:x:7:\n-@x:::\nlast:x:8:\n');
    expect(table.holdersOf('7')).toEqual(['new']);
    table.put(['new', 'x', '6', '']);
    table.remove('last');
    expect([table.holdersOf('7'), table.holdersOf('6'), table.holdersOf('8')]).toEqual([[], ['new'], []]);
  });
  test.each(['a:b', 'a\nb', 'a\0b', 'a\rb'])('refuses a field with %j', (field) => {
    expect(() => createTable('/etc/group', '').put(['x', field, '1', ''])).toThrow('/etc/group');
  });
});
