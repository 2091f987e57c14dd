import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nothingOwned } from '../../../guest-agent/agent/plan/ownership.ts';
import { PlanError } from '../../../guest-agent/agent/plan/plan.ts';
import { planSudoers } from '../../../guest-agent/agent/resources/sudoers/sudoers.ts';
import { escapeArguments, renderCommand } from '../../../schemas/sudoers/command.ts';
import { renderSudoers } from '../../../schemas/sudoers/fragments.ts';
import { renderRule } from '../../../schemas/sudoers/rule.ts';
import type { SudoCommand, SudoRule } from '../../../schemas/types/common.ts';
import { exampleGuest } from '../example-guest.ts';
import { testMachine } from '../test-machine.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('sudoers rule', () => {
  test.each<readonly [string, Partial<SudoRule>, string]>([
    ['plain', {}, 'alice ALL = /bin/x\n'],
    ['negated users last', { users: ['!bob', 'ALL'] }, 'ALL, !bob ALL = /bin/x\n'],
    ['ids', { users: ['#501', '%#500', '%ops'] }, '#501, %#500, %ops ALL = /bin/x\n'],
    ['invoking user', { runAsUsers: [] }, 'alice ALL = () /bin/x\n'],
    [
      'run as',
      { runAsUsers: ['!root', 'ALL'], runAsGroups: ['adm'] },
      'alice ALL = (ALL, !root : adm) /bin/x\n',
    ],
    ['groups only', { runAsGroups: ['adm'] }, 'alice ALL = ( : adm) /bin/x\n'],
    [
      'options and tags',
      {
        notBefore: '2026-01-02T03:04:05Z',
        notAfter: '2026-02-02T03:04:05.5Z',
        timeoutSeconds: 60,
        cwd: '/srv',
        tags: ['NOPASSWD', 'SETENV'],
      },
      'alice ALL = NOTBEFORE=20260102030405Z NOTAFTER=20260202030405Z TIMEOUT=60 CWD=/srv NOPASSWD: SETENV: /bin/x\n',
    ],
    [
      'commands',
      {
        commands: [
          { command: '/bin/no', negated: true },
          { command: 'ALL' },
          { command: '/opt/*/', digests: [digest, digest] },
        ],
      },
      `alice ALL = ALL, ${digest}, ${digest} /opt/*/, !/bin/no\n`,
    ],
  ])('%s', (_, changes, line) => {
    const rule: SudoRule = { role: 'r', users: ['alice'], commands: [{ command: '/bin/x' }], ...changes };
    expect(renderRule(rule)).toBe(`# role r\n${line}`);
  });

  test.each<readonly [string, Partial<SudoRule>]>([
    ['newline in a user', { users: ['alice\nmallory'] }],
    ['a second user', { users: ['alice, mallory'] }],
    ['Defaults', { users: ['Defaults'] }],
    ['newline in a command', { commands: [{ command: '/bin/x\nmallory ALL = ALL' }] }],
    ['a second command', { commands: [{ command: '/bin/x, /bin/y' }] }],
    ['dots in a command', { commands: [{ command: '/bin/../x' }] }],
    ['NUL in arguments', { commands: [{ command: '/bin/x', arguments: 'a\0b' }] }],
    ['a regular expression', { commands: [{ command: '/bin/x', arguments: '^.*$' }] }],
    ['a blank that would end the line escaped', { commands: [{ command: '/bin/x', arguments: 'a ' }] }],
    ['arguments after ALL', { commands: [{ command: 'ALL', arguments: 'x' }] }],
    ['a bad digest', { commands: [{ command: '/bin/x', digests: ['sha256:zz'] }] }],
    ['both tags', { tags: ['PASSWD', 'NOPASSWD'] }],
    ['an unknown tag', { tags: ['NOPASSWD: ALL, X' as 'NOPASSWD'] }],
    ['a bad time', { notAfter: '2026-01-01T00:00:00Z\n' }],
    ['a bad folder', { cwd: '/x ALL' }],
    ['no commands', { commands: [] }],
  ])('refuses %s', (_, changes) => {
    const rule: SudoRule = { role: 'r', users: ['alice'], commands: [{ command: '/bin/x' }], ...changes };
    expect(() => renderRule(rule)).toThrow(/sudo\.rules\[\]/);
  });

  test('whatever the values, it is one comment and one line, or refused', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('alice', '%ops', '!bob', 'ALL', '/bin/x', '/bin/x\\', '#1'),
    );
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(value, { nil: undefined });
    const command = fc.record({
      command: text,
      arguments: optional(text),
      negated: optional(fc.boolean()),
      digests: optional(fc.array(text, { maxLength: 2 })),
    });
    const rule = fc.record({
      role: text,
      users: fc.array(text),
      commands: fc.array(command),
      runAsUsers: optional(fc.array(text)),
      cwd: optional(text),
      selinuxRole: optional(text),
      notAfter: optional(text),
    });
    const result = fc.check(
      fc.property(rule, (value) => {
        try {
          return /^# role [A-Za-z0-9 ?._@+-]*\n[ -~]+\n$/.test(renderRule(value as SudoRule));
        } catch (error) {
          return error instanceof PlanError && error.message.startsWith('sudo.rules[]');
        }
      }),
      { numRuns: 2000 },
    );
    expect(result).toMatchObject({ failed: false });
  });
});

/** What cvtsudoers makes of a file; only what the comparison needs. */
interface UserSpec {
  readonly User_List: readonly unknown[];
  readonly Cmnd_Specs: readonly {
    readonly runasusers?: readonly unknown[];
    readonly Commands: readonly { readonly command: string; readonly negated?: boolean }[];
  }[];
}

describe('sudo itself', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ubugi-sudoers-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function read(rules: readonly SudoRule[]): Promise<readonly UserSpec[]> {
    const path = join(folder, 'sudoers');
    writeFileSync(path, renderSudoers(rules));
    const { stdout } = await execa('cvtsudoers', ['-f', 'json', path], { timeout: 20_000 });
    // One rule a call: cvtsudoers joins rules of the same users.
    return (JSON.parse(stdout) as { readonly User_Specs?: readonly UserSpec[] }).User_Specs ?? [];
  }

  test('reads every argument back as it was given', async () => {
    const argument = fc
      .string({
        unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
        minLength: 1,
        maxLength: 40,
      })
      .filter((text) => !/^[\^ ]| $/.test(text) && text !== '""');
    const samples = [
      ...fc.sample(argument, 300),
      'restart nginx',
      'a  b',
      'a,b:c=d',
      '\\',
      '\\\\',
      'x\\',
      '#c',
      '\\*',
      '\\\\*',
      '--x=*',
      '""x',
      "'",
      '!',
      'a\\ b',
    ];
    const rules = samples.map(
      (text, at): SudoRule => ({
        role: 'r',
        users: [`#${at + 1000}`],
        commands: [{ command: '/bin/x', arguments: text }],
      }),
    );
    const specs = await read(rules);
    expect(specs.map((spec) => spec.Cmnd_Specs[0]?.Commands[0]?.command)).toEqual(
      samples.map((text) => `/bin/x ${text}`),
    );
    expect(
      specs.every((spec) => spec.Cmnd_Specs.length === 1 && spec.Cmnd_Specs[0]?.Commands.length === 1),
    ).toBe(true);
  });

  test('reads users, run-as users and commands back, negated ones last', async () => {
    const name = fc.constantFrom('alice', 'bob', 'carol', '%ops', '#501', '%#600', 'ALL');
    const member = fc.tuple(fc.boolean(), name).map(([negated, value]) => (negated ? `!${value}` : value));
    const command: fc.Arbitrary<SudoCommand> = fc.record(
      { command: fc.constantFrom('/bin/a', '/opt/b/', '/usr/bin/c*', 'ALL'), negated: fc.boolean() },
      { requiredKeys: ['command'] },
    );
    const rule: fc.Arbitrary<SudoRule> = fc.record({
      role: fc.constant('r'),
      users: fc.uniqueArray(member, { minLength: 1, maxLength: 4 }),
      runAsUsers: fc.uniqueArray(member, { minLength: 1, maxLength: 3 }),
      commands: fc.array(command, { minLength: 1, maxLength: 4 }),
    });
    const negatedLast = <T>(list: readonly T[], negated: (item: T) => boolean): readonly T[] => [
      ...list.filter((item) => !negated(item)),
      ...list.filter(negated),
    ];
    for (const sample of fc.sample(rule, 40)) {
      const [spec, ...more] = await read([sample]);
      expect(more).toEqual([]);
      const bang = (value: string): boolean => value.startsWith('!');
      expect(spec?.User_List).toEqual(negatedLast(sample.users, bang).map(memberJson));
      expect(spec?.Cmnd_Specs[0]?.runasusers).toEqual(
        negatedLast(sample.runAsUsers ?? [], bang).map(memberJson),
      );
      const commands = negatedLast(sample.commands, (item) => item.negated === true);
      expect(spec?.Cmnd_Specs.flatMap(({ Commands }) => Commands)).toEqual(
        commands.map((item) =>
          item.negated === true ? { command: item.command, negated: true } : { command: item.command },
        ),
      );
    }
  });

  test('accepts options, tags and digests', async () => {
    const rule: SudoRule = {
      role: 'everything',
      users: ['alice'],
      runAsUsers: ['www-data'],
      runAsGroups: ['adm'],
      commands: [{ command: '/bin/x', arguments: '', digests: [digest] }],
      tags: ['NOPASSWD', 'NOEXEC', 'SETENV', 'LOG_OUTPUT', 'NOMAIL', 'NOFOLLOW', 'NOINTERCEPT'],
      timeoutSeconds: 5,
      notBefore: '2026-01-02T03:04:05Z',
      notAfter: '2027-01-02T03:04:05Z',
      cwd: '/srv',
      chroot: '/srv/jail',
      selinuxRole: 'sysadm_r',
      selinuxType: 'sysadm_t',
    };
    const path = join(folder, 'options');
    writeFileSync(path, renderSudoers([rule]), { mode: 0o440 });
    expect((await execa('visudo', ['-c', '-f', path], { reject: false, timeout: 20_000 })).exitCode).toBe(0);
  });
});

function memberJson(member: string): unknown {
  const bare = member.replace(/^!/, '');
  const named = bare.startsWith('%#')
    ? { usergid: Number(bare.slice(2)) }
    : bare.startsWith('%')
      ? { usergroup: bare.slice(1) }
      : bare.startsWith('#')
        ? { userid: Number(bare.slice(1)) }
        : { username: bare };
  return member.startsWith('!') ? { ...named, negated: true } : named;
}

describe('plan', () => {
  const desired = { guest: exampleGuest(), owned: nothingOwned };
  const refused = { accounts: new Set<string>(), groups: new Set<string>() };
  const tree = {
    '/usr/sbin/visudo': '',
    '/etc/sudoers': 'root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n',
  };

  test('leaves out rules of refused accounts', () => {
    const plan = planSudoers(
      { accounts: new Set(['alice']), groups: new Set(['operators']) },
      desired,
      testMachine(tree),
    );
    expect(plan.steps).toEqual([]);
  });
  test('says that a sudoers without includedir would not read the file', () => {
    const machine = testMachine({ ...tree, '/etc/sudoers': 'root ALL=(ALL:ALL) ALL\n' });
    expect(() => planSudoers(refused, desired, machine)).toThrow('@includedir /etc/sudoers.d');
  });
  test('is skipped where sudo is not installed', () => {
    expect(planSudoers(refused, desired, testMachine({}))).toMatchObject({
      steps: [],
      skipped: /sudo is not installed/,
    });
  });
  test('stages other fragments for visudo but not those that sudo ignores', () => {
    const machine = testMachine({
      ...tree,
      '/etc/sudoers.d/other': 'x',
      '/etc/sudoers.d/a.bak': 'y',
      '/etc/sudoers.d/b~': 'z',
    });
    const staged = planSudoers(refused, desired, machine).checks[0]?.stage('/stage');
    expect(staged?.map(({ name }) => name)).toEqual(['sudoers.d-other', 'sudoers.d-ubugi', 'sudoers']);
    expect(staged?.[2]?.text).toContain('@include /stage/sudoers.d-other\n@include /stage/sudoers.d-ubugi');
  });
});

test('escapeArguments and renderCommand agree on an empty string', () => {
  expect(escapeArguments('')).toBe('');
  expect(renderCommand({ command: '/bin/x', arguments: '' })).toBe('/bin/x ""');
});
