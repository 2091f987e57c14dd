import { describe, expect, test } from 'vitest';
import { sampleAccount, sampleKey, sampleRole } from '../sample.ts';
import { dress } from './dress.ts';

const rescue = {
  name: 'rescue',
  uid: 60_000,
  gid: 60_000,
  shell: '/bin/bash',
  home: '/home/rescue',
  keys: [`${sampleKey.type} ${sampleKey.key} safe-1`],
  sudo: true,
};
const access = [{ name: 'all', groups: ['web-admins', 'db-admins'], accounts: ['mallory', 'bob'] }];
const names = (guest: ReturnType<typeof dress>['guest']): readonly string[] =>
  guest.accounts.map(({ name }) => name);

describe('a break-glass account', () => {
  test('is on matching guests, the directory empty or not', () => {
    const empty = { accounts: [], groups: [], sudoRoles: [] };
    const { guest, sources } = dress({ breakGlass: [rescue] }, {}, empty);
    expect(guest.accounts).toEqual([
      {
        name: 'rescue',
        uid: 60_000,
        gid: 60_000,
        gecos: '',
        home: '/home/rescue',
        shell: '/bin/bash',
        breakGlass: true,
        keys: [{ ...sampleKey, comment: 'safe-1' }],
      },
    ]);
    expect(guest.groups).toEqual([{ name: 'rescue', gid: 60_000, members: [] }]);
    expect(sources('accounts', 'rescue')).toEqual(['policy break-glass rescue']);
    const elsewhere = { ...rescue, match: { osFamily: ['rhel'] } };
    expect(names(dress({ breakGlass: [elsewhere] }, {}, empty).guest)).toEqual([]);
  });

  test('of the first rule that matches counts, of several for one name', () => {
    const breakGlass = [{ ...rescue, match: { project: ['db'] } }, rescue, { ...rescue, shell: '/bin/sh' }];
    const { guest, sources } = dress({ breakGlass });
    expect(guest.accounts.find(({ name }) => name === 'rescue')).toMatchObject({ shell: '/bin/bash' });
    expect(sources('accounts', 'rescue')).toEqual([
      'policy break-glass rescue',
      '[policy break-glass rescue]',
    ]);
  });

  test.each([
    ['uid', sampleAccount('rescue', 20_009, { home: '/home/r' })],
    ['uidNumber', sampleAccount('mallory', 60_000)],
    ['gidNumber', sampleAccount('mallory', 20_009, { gid: 60_000 })],
    ['gidNumber', sampleAccount('mallory', 20_009, { gid: 30_009 })],
    ['homeDirectory', sampleAccount('mallory', 20_009, { home: '/home/rescue' })],
    ['homeDirectory', sampleAccount('mallory', 20_009, { home: '/home/rescue/.ssh' })],
  ])('wins over an account of the directory that has its %s', (field, account) => {
    const groups = [
      { dn: 'cn=rescue,dc=x', name: 'rescue', gid: 30_009, members: [] },
      { dn: 'cn=web-admins,dc=x', name: 'web-admins', gid: 30_001, members: [account.name, 'bob'] },
    ];
    const accounts = [account, sampleAccount('bob', 20_002)];
    const { guest, problems } = dress(
      { access: [{ name: 'all', groups: ['web-admins'] }], breakGlass: [rescue] },
      {},
      { accounts, groups },
    );
    expect(guest.accounts.map(({ name, uid }) => [name, uid])).toEqual([
      ['bob', 20_002],
      ['rescue', 60_000],
    ]);
    expect(problems).toEqual([
      expect.objectContaining({
        record: account.dn,
        field,
        message: expect.stringContaining('break-glass account rescue, which wins'),
      }),
    ]);
  });

  test('wins over a group of the directory, and is in none of them', () => {
    const groups = [
      { dn: 'cn=g,dc=x', name: 'g', gid: 60_000, members: ['bob'] },
      { dn: 'cn=wheelers,dc=x', name: 'wheelers', gid: 30_003, members: ['bob', 'rescue'] },
    ];
    const { guest, problems } = dress({ access, breakGlass: [rescue] }, {}, { groups });
    expect(guest.groups.map(({ name, members }) => [name, members])).toEqual([
      ['bob', []],
      ['rescue', []],
      ['wheelers', ['bob']],
    ]);
    expect(problems.filter(({ record }) => record === 'cn=g,dc=x')).toHaveLength(1);
  });

  test('has its sudo rule last, and none of the directory’s', () => {
    const sudoRoles = [sampleRole('web-x', { users: ['rescue', '#60000', '%rescue', '%#60000', 'bob'] })];
    const sudo = [{ name: 'roles', roles: ['*'] }];
    const sudoRules = [{ name: 'never', users: ['rescue'], commands: ['ALL', '!/bin/su'] }];
    const { guest } = dress({ access, sudo, sudoRules, breakGlass: [rescue] }, {}, { sudoRoles });
    expect(guest.sudo.rules.map(({ role, users }) => [role, users])).toEqual([
      ['web-x', ['bob']],
      ['never', ['rescue']],
      ['break-glass rescue', ['rescue']],
    ]);
    expect(dress({ breakGlass: [{ ...rescue, sudo: false }], sudo: [] }).guest.sudo.rules).toEqual([]);
  });
});
