import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlanError } from '../../../guest-agent/agent/plan/plan.ts';
import { withinValidity } from '../../../guest-agent/agent/resources/sudoers/rule-validity.ts';
import { renderDefaults } from '../../../schemas/sudoers/defaults.ts';
import { divideRules, renderBreakGlass, renderSudoers } from '../../../schemas/sudoers/fragments.ts';
import { renderRule } from '../../../schemas/sudoers/rule.ts';
import type { SudoDefault, SudoRule } from '../../../schemas/types/common.ts';
import type { GuestAccount } from '../../../schemas/types/guest-configuration.ts';
import { exampleGuest } from '../example-guest.ts';

describe('settings', () => {
  test('stand before the rules, values in quotes', () => {
    const settings: readonly SudoDefault[] = [
      { option: 'use_pty' },
      { option: 'insults', negated: true },
      { option: 'env_keep', operator: '+=', value: 'LANG LC_*' },
      { option: 'umask', value: '0027' },
    ];
    expect(renderSudoers([], settings).split('\n').slice(1)).toEqual([
      'Defaults use_pty',
      'Defaults !insults',
      'Defaults env_keep+="LANG LC_*"',
      'Defaults umask="0027"',
      '',
    ]);
  });

  test('whatever the values, each is one line of one option, or refused', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '/usr/bin',
        'LANG',
        '5',
        '"',
        '\\',
        'a"\nALL ALL=ALL',
        'a", !authenticate',
        '0077',
        'x#y',
      ),
    );
    const known = fc.constantFrom(
      'env_keep',
      'secure_path',
      'mailsub',
      'umask',
      'logfile',
      'use_pty',
      'editor',
    );
    const setting = fc.record(
      {
        option: fc.oneof(known, text),
        negated: fc.constant(true),
        operator: fc.oneof(fc.constantFrom('+=', '-='), text),
        value: fc.oneof(
          text,
          fc.tuple(text, text).map(([one, other]) => `${one}${other}`),
        ),
      },
      { requiredKeys: ['option'] },
    );
    const escaped = fc.sample(setting, 5000).filter((value) => {
      try {
        const line = renderDefaults([value as SudoDefault]);
        return !/^Defaults (?:!?[a-z_]+|[a-z_]+[+-]?="[ !#-[\]-~]+")\n$/.test(line);
      } catch (error) {
        return !(error instanceof PlanError && error.message.startsWith('sudo.defaults[]'));
      }
    });
    expect(escaped).toEqual([]);
  });
});

describe('break-glass rules', () => {
  const accounts = exampleGuest().accounts.map((account) =>
    account.name === 'bob' ? { ...account, breakGlass: true as const } : account,
  );
  const rule = (role: string, ...users: readonly string[]): SudoRule => ({
    role,
    users: [...users],
    commands: [{ command: 'ALL' }],
  });
  const roles = (rules: readonly SudoRule[]): readonly string[] => rules.map(({ role }) => role);

  test('are those at the end that are for such an account alone, so that no order changes', () => {
    const rules = [rule('a', 'bob'), rule('b', '%operators'), rule('c', 'bob'), rule('d', 'bob')];
    const divided = divideRules({ accounts, sudo: { rules } });
    expect([roles(divided.ordinary), roles(divided.breakGlass)]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(divideRules({ accounts, sudo: { rules: [rule('a', 'bob', 'alice')] } }).breakGlass).toEqual([]);
    expect(divideRules({ accounts: [], sudo: { rules } }).breakGlass).toEqual([]);
  });

  test('stand in a file of their own behind what takes a shell away', () => {
    expect(renderBreakGlass([rule('a', 'bob')])).toBe(
      '# Written by Ubugi: break-glass accounts, read last. Changes made here are lost.\nDefaults:bob !requiretty, !noexec, !command_timeout, ignore_iolog_errors\n# role a\nbob ALL = ALL\n',
    );
  });
});

describe('validity', () => {
  const [alice, bob] = exampleGuest().accounts as [GuestAccount, GuestAccount];
  const soon = { ...alice, notAfter: '2026-01-02T12:00:00Z' };
  const later = { ...bob, notAfter: '2026-01-03T12:00:00Z' };
  const rule = { role: 'x', users: ['alice'], commands: [{ command: '/bin/id' }] };
  const endOf = (changes: Partial<SudoRule>, accounts: readonly GuestAccount[]) =>
    withinValidity({ ...rule, ...changes }, accounts).notAfter;

  test('a rule ends with the last of those that it names', () => {
    expect(endOf({}, [soon, later])).toBe('2026-01-02T12:00:00.000Z');
    expect(endOf({ users: ['alice', 'bob', '!carol'] }, [soon, later])).toBe('2026-01-03T12:00:00.000Z');
    expect(endOf({ notAfter: '2026-01-01T00:00:00Z' }, [soon])).toBe('2026-01-01T00:00:00Z');
    expect(endOf({ notAfter: '2027-01-01T00:00:00Z' }, [soon])).toBe('2026-01-02T12:00:00.000Z');
    expect(renderRule(withinValidity(rule, [soon]))).toContain(
      'alice ALL = NOTAFTER=20260102120000Z /bin/id',
    );
  });

  test.each<readonly [readonly string[], GuestAccount]>([
    [['alice', 'bob'], soon],
    [['%operators'], soon],
    [['ALL'], soon],
    [['!alice'], soon],
    [['alice'], { ...soon, breakGlass: true }],
  ])('%j has no end of its own', (users, account) => {
    expect(endOf({ users: [...users] }, [account, bob])).toBeUndefined();
  });
});
