import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nothingOwned } from '../../../guest-agent/agent/plan/ownership.ts';
import { PlanError } from '../../../guest-agent/agent/plan/plan.ts';
import { renderAuthorizedKeys } from '../../../guest-agent/agent/resources/keys/authorized-keys.ts';
import {
  closedWays,
  exclusiveLines,
  foreignDropIns,
  judgeExclusive,
  precedingMatch,
} from '../../../guest-agent/agent/resources/keys/exclusive-keys.ts';
import { renderKeyOptions } from '../../../guest-agent/agent/resources/keys/key-options.ts';
import { planKeys } from '../../../guest-agent/agent/resources/keys/keys.ts';
import type { KeyOptions } from '../../../schemas/types/common.ts';
import { exampleGuest, keys } from '../example-guest.ts';
import { testMachine } from '../test-machine.ts';

describe('key options', () => {
  test.each<readonly [KeyOptions | undefined, string]>([
    [undefined, ''],
    [{ flags: ['no-pty'] }, 'no-pty '],
    [{ flags: ['pty', 'restrict'] }, 'restrict,pty '],
    [
      { from: ['10.0.0.0/8', '!10.1.0.0/16', '*.example.com'] },
      'from="10.0.0.0/8,!10.1.0.0/16,*.example.com" ',
    ],
    [{ command: '/usr/bin/rrsync -ro /srv' }, 'command="/usr/bin/rrsync -ro /srv" '],
    [{ expiryTime: '2026-01-02T03:04:05Z' }, 'expiry-time="20260102030405Z" '],
    [
      { flags: ['restrict'], from: ['::1'], command: '/bin/x', expiryTime: '2026-01-02T03:04:05Z' },
      'restrict,from="::1",command="/bin/x",expiry-time="20260102030405Z" ',
    ],
  ])('%j', (options, text) => {
    expect(renderKeyOptions(options)).toBe(text);
  });

  test.each<readonly [string, unknown]>([
    ['none', {}],
    ['no flags', { flags: [] }],
    ['an unknown flag', { flags: ['cert-authority'] }],
    ['a giving flag alone', { flags: ['pty'] }],
    ['both', { flags: ['restrict', 'pty', 'no-pty'] }],
    ['a quote in an origin', { from: ['10.0.0.1",command="/bin/sh'] }],
    ['two origins in one', { from: ['10.0.0.1,10.0.0.2'] }],
    ['no network', { from: ['10.0.0.0/99'] }],
    ['negated origins only', { from: ['!10.0.0.1'] }],
    ['no origin', { from: [] }],
    ['a relative command', { command: 'id' }],
    ['a command for a shell', { command: '/bin/x;id' }],
    ['a long command', { command: `/bin/x${' a'.repeat(600)}` }],
    ['a quote in a command', { command: '/bin/x" ssh-rsa AAAA' }],
    ['a line break in a command', { command: '/bin/x\n' }],
    ['a day that is none', { expiryTime: '2026-02-30T00:00:00Z' }],
    ['a time elsewhere', { expiryTime: '2026-01-02T03:04:05+01:00' }],
  ])('refuses %s', (_, options) => {
    expect(() => renderKeyOptions(options as KeyOptions)).toThrow(PlanError);
  });

  test('whatever the values, it is one line of these options and the key, or refused', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '10.0.0.0/8',
        '!*.x',
        '/bin/x -a',
        '2026-01-02T03:04:05Z',
        'restrict',
        'pty',
        '"',
        '\\"',
        'a b',
      ),
    );
    const mixed = fc.tuple(text, text).map(([one, other]) => `${one}${other}`);
    const value = fc.oneof(text, mixed);
    const options = fc.record(
      { flags: fc.array(value), from: fc.array(value), command: value, expiryTime: value },
      { requiredKeys: [] },
    );
    const shape = new RegExp(
      `^(?:restrict,?|(?:no-)?(?:agent-forwarding|port-forwarding|pty|user-rc|X11-forwarding),?)*(?:from="[^"\\\\ ]+",?)?(?:command="/[^"\\\\]+",?)?(?:expiry-time="\\d{14}Z")? ssh-ed25519 ${keys.alice.replaceAll('+', '\\+')}\n$`,
    );
    const given = [
      ...fc.sample(options, 3000),
      ...fc.sample(fc.record({ command: value }), 1000),
      ...fc.sample(fc.record({ from: fc.array(value, { minLength: 1, maxLength: 2 }) }), 1000),
    ];
    const escaped = given.filter((one) => {
      try {
        const line = renderAuthorizedKeys([
          { type: 'ssh-ed25519', key: keys.alice, options: one as KeyOptions },
        ]);
        return !shape.test(line) || !/^[ -~]*\n$/.test(line);
      } catch (error) {
        return !(error instanceof PlanError);
      }
    });
    expect(escaped).toEqual([]);
  });
});

describe('exclusive keys', () => {
  test('lines for all of them, none without', () => {
    expect(exclusiveLines([])).toEqual([]);
    expect(exclusiveLines(['bob', 'alice']).slice(0, 2)).toEqual([
      'Match User alice,bob',
      '    AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u',
    ]);
    expect(() => exclusiveLines(['alice,*'])).toThrow(PlanError);
    expect(() => exclusiveLines(['alice\nMatch all'])).toThrow(PlanError);
  });

  const folder = '/etc/ssh/sshd_config.d';
  test.each<readonly [Record<string, string>, boolean]>([
    [{ '10-x.conf': 'Match User x\nAuthorizedKeysFile /x' }, false],
    [{ '00-x.conf': 'AuthorizedKeysFile /x' }, false],
    [{ '00-x.conf': 'Match User x\n  X11Forwarding no' }, false],
    [{ '00-x.txt': 'Include /y' }, false],
    [{ '00-x.conf': 'match address 10.0.0.0/8\n\tauthorizedkeyscommand /x' }, true],
    [{ '00-x.conf': 'Include /y' }, true],
  ])('what comes before, %j: %s', (files, told) => {
    const tree = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
    expect(precedingMatch(testMachine(tree).files) !== undefined).toBe(told);
  });

  test('what no longer counts is named', () => {
    const machine = testMachine({
      '/etc/ssh/sshd_config': 'AuthorizedKeysCommand none\nTrustedUserCAKeys /etc/ssh/ca\n',
      [`${folder}/20-x.conf`]: '  authorizedkeyscommand /bin/x\n',
    });
    const path = '/etc/ssh/sshd_config';
    const main = { path, text: machine.files.text(path) ?? '' };
    expect(closedWays([main, ...foreignDropIns(machine.files)])).toEqual([
      'TrustedUserCAKeys of /etc/ssh/sshd_config',
      `authorizedkeyscommand of ${folder}/20-x.conf`,
    ]);
  });

  test('a setting of the guest that still counts fails the check', () => {
    const good = 'authorizedkeysfile /etc/ssh/authorized_keys.d/%u\nauthorizedkeyscommand none\n';
    expect(judgeExclusive('alice', good)).toBeUndefined();
    expect(judgeExclusive('alice', good.replace('none', '/bin/x'))).toMatch(/another authorizedkeyscommand/);
    expect(judgeExclusive('alice', good.replace('/etc/ssh/', '.ssh/authorized_keys /etc/ssh/'))).toMatch(
      /another authorizedkeysfile/,
    );
  });

  test('a plan for some accounts leaves what is said of others', () => {
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    const tree = {
      '/usr/sbin/sshd': '',
      '/etc/ssh/sshd_config': `Include ${folder}/*.conf\n`,
    };
    const owned = { owned: nothingOwned };
    const whole = planKeys(
      { accounts: [{ ...alice, exclusiveKeys: true }, bob], leavers: [], extent: 'all' },
      owned,
      testMachine(tree),
    );
    const after = Object.fromEntries(
      whole.steps.flatMap((step) => (step.kind === 'file' ? [[step.path, step.text] as const] : [])),
    );
    const machine = testMachine({ ...tree, ...after });
    expect(planKeys({ accounts: [bob], leavers: [], extent: 'some' }, owned, machine).steps).toEqual([]);
    expect(
      planKeys({ accounts: [alice, bob], leavers: [], extent: 'all' }, owned, machine).steps.map(
        ({ path }) => path,
      ),
    ).toEqual([`${folder}/05-ubugi.conf`]);
  });
});
