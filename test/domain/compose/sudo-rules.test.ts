import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { renderSudoers } from '../../../schemas/sudoers/fragments.ts';
import { sampleKey, sampleRole } from '../sample.ts';
import { dress } from './dress.ts';

const rule = { name: 'own', users: ['%web-admins'], commands: ['/bin/true'] };

describe('roles for everybody', () => {
  const sudoRoles = [sampleRole('web-all', { users: ['ALL'], tags: ['NOPASSWD'] })];

  test('are left out and reported where no rule that selects them allows it', () => {
    const { guest, problems } = dress({}, {}, { sudoRoles });
    expect(guest.sudo.rules).toEqual([]);
    expect(problems).toEqual([
      expect.objectContaining({
        record: 'cn=web-all,ou=sudoers,dc=example,dc=com',
        field: 'sudoUser',
        remedy: expect.stringContaining('allowAllUsers: true'),
      }),
    ]);
  });

  test('are not allowed by a rule that selects others', () => {
    const sudo = [
      { name: 'web', roles: ['web-*'] },
      { name: 'db', roles: ['db-*'], allowAllUsers: true },
    ];
    expect(dress({ sudo }, {}, { sudoRoles }).guest.sudo.rules).toEqual([]);
  });

  test('are taken where a rule that selects them allows it', () => {
    const sudo = [
      { name: 'web', roles: ['web-*'] },
      { name: 'everybody', roles: ['web-all'], allowAllUsers: true },
    ];
    const { guest, problems } = dress({ sudo }, {}, { sudoRoles });
    expect(guest.sudo.rules).toMatchObject([{ users: ['ALL'] }]);
    expect(problems).toEqual([]);
  });
});

test('a role has for sources the attributes that have a say in it', () => {
  const sources = (more: Parameters<typeof sampleRole>[1]): readonly string[] =>
    dress({}, {}, { sudoRoles: [sampleRole('web-x', more)] })
      .sources('sudo', 'web-x')
      .filter((source) => source.startsWith('directory '));
  const always = ['directory sudoUser', 'directory sudoHost', 'directory sudoCommand'];
  expect(sources({})).toEqual(always);
  expect(
    sources({ runAsUsers: ['www-data'], timeoutSeconds: 60, order: 7, notAfter: '2030-01-01T00:00:00Z' }),
  ).toEqual([
    ...always,
    'directory sudoRunAsUser',
    'directory sudoOption',
    'directory sudoOrder',
    'directory sudoNotAfter',
  ]);
});

describe('rules of the policy’s own', () => {
  test('stand after the directory’s roles, in their order, with their file and line', () => {
    const sudoRules = [
      { ...rule, name: 'b' },
      {
        ...rule,
        name: 'a',
        tags: ['NOPASSWD' as const, 'NOEXEC' as const],
        notAfter: '2030-01-01T00:00:00Z',
      },
    ];
    const { guest, sources } = dress({ sudoRules });
    expect(guest.sudo.rules.map(({ role }) => role)).toEqual(['web-restart', 'b', 'a']);
    expect(guest.sudo.rules[2]).toEqual({
      role: 'a',
      users: ['%web-admins'],
      commands: [{ command: '/bin/true' }],
      tags: ['NOEXEC', 'NOPASSWD'],
      notAfter: '2030-01-01T00:00:00Z',
    });
    expect(sources('sudo', 'b')).toEqual(['policy b']);
  });

  test('put what takes away last', () => {
    const commands = ['!/bin/su', 'ALL', '!sha256:' + 'a'.repeat(64) + ' /bin/sh'];
    const [composed] = dress({
      sudo: [],
      sudoRules: [{ ...rule, users: ['!alice', '%web-admins'], runAsUsers: ['!root', 'ALL'], commands }],
    }).guest.sudo.rules;
    expect(composed).toMatchObject({
      users: ['%web-admins', '!alice'],
      runAsUsers: ['ALL', '!root'],
      commands: [
        { command: 'ALL' },
        { command: '/bin/su', negated: true },
        { negated: true, digests: [{}] },
      ].map((command) => expect.objectContaining('digests' in command ? { negated: true } : command)),
    });
  });

  test('count accounts and groups from Ubugi, and extra groups of such accounts', () => {
    const access = [{ name: 'web', groups: ['web-admins'], extraGroups: ['adm'] }];
    const users = ['alice', 'bob', '%adm', '%sudo', '#20001', '%#30001', '#0'];
    const { guest } = dress({ access, sudo: [], sudoRules: [{ ...rule, users }] });
    expect(guest.sudo.rules[0]?.users).toEqual(['alice', '%adm', '#20001', '%#30001']);
    expect(dress({ sudo: [], sudoRules: [{ ...rule, users: ['bob'] }] }).guest.sudo.rules).toEqual([]);
  });
});

test('sudoers of all kinds of rules is what sudo takes, break-glass last', async () => {
  const { guest } = dress({
    sudoRules: [
      {
        name: 'deploy: web, and all',
        users: ['%web-admins', '!bob'],
        runAsUsers: ['www-data', '!root'],
        runAsGroups: ['www-data'],
        commands: [
          `sha256:${'ab'.repeat(32)} /usr/local/bin/deploy`,
          '/opt/tools/',
          '/bin/x a=b:c, d',
          '!/bin/su',
          'sudoedit /etc/motd',
        ],
        tags: ['NOPASSWD', 'NOEXEC'],
        notBefore: '2027-03-06T20:00:00Z',
        notAfter: '2027-03-07T06:00:00Z',
      },
    ],
    breakGlass: [
      {
        name: 'rescue',
        uid: 60_000,
        gid: 60_000,
        shell: '/bin/sh',
        home: '/home/rescue',
        keys: [`${sampleKey.type} ${sampleKey.key}`],
        sudo: true,
      },
    ],
  });
  const text = renderSudoers(guest.sudo.rules);
  expect(text.trim().split('\n').at(-1)).toBe('rescue ALL = (ALL : ALL) NOPASSWD: ALL');
  const { exitCode, all } = await execa('visudo', ['-c', '-f', '-'], {
    input: text,
    timeout: 20_000,
    reject: false,
    all: true,
  });
  expect([exitCode, all]).toEqual([0, expect.stringContaining('OK')]);
});

test('names that stand for nothing are problems, once a rule', () => {
  const sudo = [{ name: 'roles', roles: ['web-restrat', 'web-*'] }];
  const sudoRules = [{ ...rule, users: ['%web-admins', 'alcie', '!%opps', '%adm', '#4711'] }];
  expect(dress({ sudo, sudoRules }).problems.map(({ record, message }) => `${record}: ${message}`)).toEqual([
    expect.stringMatching(/^roles: .*: web-restrat$/),
    expect.stringMatching(/^own: .*: alcie, !%opps, %adm$/),
  ]);
});

test('roles of one name have each its own sources', () => {
  const sudoRoles = [
    sampleRole('web-a', { dn: 'cn=web-a,ou=one,dc=x' }),
    sampleRole('web-a', { dn: 'cn=web-a,ou=two,dc=x', order: 5 }),
  ];
  const lines = dress({}, {}, { sudoRoles }).composition.sources.filter(({ section }) => section === 'sudo');
  expect(lines.map(({ sources }) => sources[0]?.record)).toEqual([
    'cn=web-a,ou=one,dc=x',
    'cn=web-a,ou=two,dc=x',
  ]);
});
