import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../../server/domain/clock.ts';
import { entryOf } from '../../../harness/directory-entry.ts';
import { hostileValues } from '../../../harness/hostile-values.ts';

const validators = createValidators();
const map = createEntryMapping({ source: 'corp', clock: systemClock, minimumUid: 1000, validators });
const role = {
  cn: 'web-restart',
  sudoUser: '%web',
  sudoHost: 'web-01',
  sudoCommand: '/usr/bin/systemctl restart nginx',
};

type Attributes = Parameters<typeof entryOf>[1];

function read(attributes: Attributes) {
  const { sudoRoles, rejected } = map({
    accounts: [],
    groups: [],
    sudoRoles: [entryOf('cn=r,dc=x', attributes)],
  });
  return { role: sudoRoles[0], fields: rejected.map(({ field }) => field), rejected };
}

describe('takes', () => {
  test('the least that a role needs', () => {
    expect(read(role).role).toEqual({
      dn: 'cn=r,dc=x',
      name: 'web-restart',
      users: ['%web'],
      hosts: ['web-01'],
      commands: [{ command: '/usr/bin/systemctl', arguments: 'restart nginx' }],
      runAsUsers: undefined,
      runAsGroups: undefined,
      tags: [],
      order: 0,
      notBefore: undefined,
      notAfter: undefined,
    });
  });

  const hex = 'ab'.repeat(28);
  test.each([
    ['ALL', { command: 'ALL' }],
    ['!ALL', { command: 'ALL', negated: true }],
    ['sudoedit /etc/motd', { command: 'sudoedit', arguments: '/etc/motd' }],
    ['/usr/bin/', { command: '/usr/bin/' }],
    ['/usr/bin/*', { command: '/usr/bin/*' }],
    ['/bin/ls ""', { command: '/bin/ls', arguments: '' }],
    ['/bin/echo a=b, c:d \\x', { command: '/bin/echo', arguments: 'a=b, c:d \\x' }],
    [`sha224:${hex} /bin/ls`, { command: '/bin/ls', digests: [`sha224:${hex}`] }],
    [
      `!sha224:${Buffer.from(hex, 'hex').toString('base64')}, sha224:${hex.toUpperCase()} /bin/ls -l`,
      { command: '/bin/ls', arguments: '-l', negated: true, digests: [`sha224:${hex}`, `sha224:${hex}`] },
    ],
  ])('the command %s', (text, command) => {
    // A role whose only command is taken away grants nothing.
    const taken = read({ ...role, sudoCommand: [text, '/usr/bin/zzz'] }).role?.commands;
    expect(taken).toContainEqual(command);
  });

  test.each([
    'ALL',
    'web-*',
    'web-0?',
    '192.0.2.1',
    '192.0.2.0/24',
    '192.0.2.0/255.255.255.0',
    '2001:db8::/32',
    '2001:db8::1',
    'a.b_c.example.com',
  ])('the host %s', (host) => {
    expect(read({ ...role, sudoHost: [host, `!${host}`] }).role?.hosts).toEqual([host, `!${host}`]);
  });

  test.each([
    ['authenticate', 'PASSWD'],
    ['!authenticate', 'NOPASSWD'],
    ['setenv', 'SETENV'],
    ['!setenv', 'NOSETENV'],
    ['noexec', 'NOEXEC'],
    ['!noexec', 'EXEC'],
    ['log_output', 'LOG_OUTPUT'],
    ['mail_all_cmnds', 'MAIL'],
    ['!sudoedit_follow', 'NOFOLLOW'],
  ])('the option %s', (option, tag) => {
    expect(read({ ...role, sudoOption: option }).role?.tags).toEqual([tag]);
  });

  test('options that set a field of the rule, quoted or not', () => {
    const sudoOption = [
      'command_timeout=1h30m',
      'runchroot="/srv/jail"',
      'runcwd = /srv',
      'role=sysadm_r',
      'type=sysadm_t',
    ];
    expect(read({ ...role, sudoOption }).role).toMatchObject({
      timeoutSeconds: 5400,
      chroot: '/srv/jail',
      cwd: '/srv',
      selinuxRole: 'sysadm_r',
      selinuxType: 'sysadm_t',
    });
  });

  test('an empty sudoRunAsUser as the invoking user, and sudoRunAs where there is none', () => {
    expect(read({ ...role, sudoRunAsUser: '' }).role?.runAsUsers).toEqual([]);
    expect(read({ ...role, sudoRunAs: 'postgres' }).role?.runAsUsers).toEqual(['postgres']);
    expect(read({ ...role, sudoRunAsUser: 'root', sudoRunAs: 'postgres' }).role?.runAsUsers).toEqual([
      'root',
    ]);
    expect(read({ ...role, sudoRunAsUser: ['ALL', '!root'] }).role?.runAsUsers).toEqual(['ALL', '!root']);
  });

  test('the earliest start and the latest end', () => {
    const times = ['20270101000000Z', '20260101000000.0Z'];
    expect(read({ ...role, sudoNotBefore: times }).role?.notBefore).toBe('2026-01-01T00:00:00Z');
    expect(read({ ...role, sudoNotAfter: times }).role?.notAfter).toBe('2027-01-01T00:00:00Z');
    expect(read({ ...role, sudoNotAfter: '20270101020304,75Z' }).role?.notAfter).toBe('2027-01-01T02:03:04Z');
    expect(read({ ...role, sudoNotAfter: '2027010102Z' }).role?.notAfter).toBe('2027-01-01T02:00:00Z');
  });

  test('the order, and roles sorted by it', () => {
    expect(read({ ...role, sudoOrder: '-1.25' }).role?.order).toBe(-1.25);
    const entries = ['3', '0.5', '2'].map((sudoOrder) =>
      entryOf(`cn=${sudoOrder},dc=x`, { ...role, sudoOrder }),
    );
    const { sudoRoles } = map({ accounts: [], groups: [], sudoRoles: entries });
    expect(sudoRoles.map(({ order }) => order)).toEqual([0.5, 2, 3]);
  });
});

test('a role for everybody is kept, for policy to allow or not', () => {
  expect(read({ ...role, sudoUser: ['!bob', 'ALL', 'alice'] })).toMatchObject({
    role: { users: ['ALL', 'alice', '!bob'] },
    fields: [],
  });
});

describe('refuses the whole role for', () => {
  const bad: readonly (readonly [string, readonly string[]])[] = [
    ['cn', ['ALL', '', 'a\nb', '../x', '%wheel']],
    [
      'sudoUser',
      [
        '',
        '!ALL',
        '+admins',
        '!+admins',
        '+',
        '+a b',
        '#0',
        '#1',
        '%#0',
        '%wheel',
        '%sudo',
        'root',
        '!',
        '! bob',
        'a b',
        '%:ad group',
        'Bob',
        '#01000',
      ],
    ],
    ['sudoHost', ['', '+hosts', 'a b', 'web[0-9]', '192.0.2.0/33', '../x', '192.0.2.0/24/24', 'a\nb']],
    [
      'sudoCommand',
      [
        '',
        'ls',
        '/bin/../sh',
        '/bin/sh\nALL',
        ' /bin/ls',
        '/bin/ls ',
        '/bin/ls  -l',
        '/bin/ls ^-l$',
        '^/bin/.*$',
        'ALL -x',
        'list',
        '/usr/bin/ x',
        '/bin/a:b',
        'sha224:abcd /bin/ls',
        `sha256:${'ab'.repeat(28)} /bin/ls`,
        `sha224:${'ab'.repeat(28)}, /bin/ls`,
        `sha224:${'ab'.repeat(28)}`,
        '/bin/ls ü',
        '/bin/ls a "" b',
      ],
    ],
    ['sudoRunAsUser', ['+x', '#4294967295', '#01', '%wheel', 'Root', 'a,b']],
    ['sudoRunAsGroup', ['%adm', '+x', '#4294967295', '']],
    [
      'sudoOption',
      [
        '',
        'env_keep+=LD_PRELOAD',
        '!env_reset',
        'secure_path=/tmp',
        'runas_default=root',
        'command_timeout',
        'command_timeout=0',
        'command_timeout=2y',
        'command_timeout=3m2h',
        '!command_timeout=5',
        'command_timeout+=5',
        'runchroot=*',
        'runcwd=~',
        'runcwd=/srv/../etc',
        'runcwd="/srv',
        'role=a b',
        'type=x, NOPASSWD: ALL',
        'log_stdin',
        '!!authenticate',
        '__proto__',
        'constructor',
      ],
    ],
    ['sudoOrder', ['', '1e3', 'x', 'Infinity', '0x1', '1.']],
    [
      'sudoNotBefore',
      ['', '2026', '20260230000000Z', '20260101000000', '20260101000000+0100', '202601010000.5Z'],
    ],
  ];
  test.each(bad.flatMap(([field, values]) => values.map((value) => [field, value] as const)))(
    '%s: %j',
    (field, value) => {
      const { role: taken, fields } = read({ ...role, [field]: value });
      expect(taken).toBeUndefined();
      expect(new Set(fields)).toEqual(new Set([field]));
    },
  );

  test.each([
    ['sudoUser', []],
    ['sudoHost', []],
    ['sudoCommand', []],
    ['sudoUser', ['!bob']],
    ['sudoHost', ['!web-01']],
    ['sudoCommand', ['!/bin/ls']],
    ['sudoRunAsUser', ['!root']],
    ['sudoRunAsUser', ['', 'root']],
    ['sudoOption', ['authenticate', '!authenticate']],
    ['sudoOption', ['runcwd=/srv', 'runcwd=/tmp']],
    ['sudoOrder', ['1', '2']],
    ['cn', ['a', 'b']],
  ])('%s: %j together', (field, value) => {
    const { role: taken, fields } = read({ ...role, [field]: value });
    expect(taken).toBeUndefined();
    expect(fields).toEqual([field]);
  });

  test('a time that never comes', () => {
    const never = { sudoNotBefore: '20270101000000Z', sudoNotAfter: '20260101000000Z' };
    expect(read({ ...role, ...never }).fields).toEqual(['sudoNotAfter']);
  });
});

test('whatever stands in an entry, what is accepted is a valid rule', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      ...Object.values(role),
      ...Object.values(hostileValues),
      '!',
      '%',
      '#',
      '/',
      'sha256:',
      ' ',
      '+',
      ',',
      '""',
      '"',
      'runcwd=',
      'runchroot="/srv',
      'command_timeout=1',
      'role=r',
      'type=t',
    ),
  );
  const text = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(''));
  const validate = validators.common('sudoRule');
  const harmless = read(role).role;
  if (harmless === undefined) throw new Error('the example is refused');
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(role), 'sudoRunAsUser', 'sudoRunAsGroup', 'sudoOption'),
      fc.array(text, { maxLength: 3 }),
      (field, values) => {
        const { role: taken, rejected } = read({ ...role, [field]: values });
        for (const problem of rejected) expect(Object.values(problem).join('')).not.toMatch(/[\n\0\u202e]/);
        // Refused with a reason, or accepted and valid.
        expect(taken === undefined).toBe(rejected.length > 0);
        const {
          dn: _,
          name,
          hosts: __,
          order: ___,
          notBefore,
          notAfter,
          runAsUsers,
          runAsGroups,
          ...fields
        } = taken ?? harmless;
        const rule = {
          ...fields,
          role: name,
          ...(notBefore && { notBefore }),
          ...(notAfter && { notAfter }),
          ...(runAsUsers && { runAsUsers }),
          ...(runAsGroups && { runAsGroups }),
        };
        expect(validate(rule)).toMatchObject({ kind: 'valid' });
        expect(JSON.stringify(taken ?? harmless)).not.toMatch(/\\[nr]|\\u0000|\u202e/);
      },
    ),
    { numRuns: 2000 },
  );
});
