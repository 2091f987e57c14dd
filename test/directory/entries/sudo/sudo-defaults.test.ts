import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formProblem } from '../../../../schemas/sudo-defaults/settings.ts';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../../server/domain/clock.ts';
import { entryOf } from '../../../harness/directory-entry.ts';
import { hostileValues } from '../../../harness/hostile-values.ts';

const validators = createValidators();
const map = createEntryMapping({ source: 'corp', clock: systemClock, minimumUid: 1000, validators });

function read(sudoOption: string | readonly string[], more: Readonly<Record<string, string>> = {}) {
  const entry = entryOf('cn=defaults,dc=x', { cn: 'defaults', sudoOption, ...more });
  const { sudoDefaults, sudoRoles, rejected } = map({ accounts: [], groups: [], sudoRoles: [entry] });
  return { settings: sudoDefaults?.settings, sudoRoles, rejected };
}

test('takes options in every form, in one order, and is no role', () => {
  const { settings, sudoRoles, rejected } = read([
    'use_pty',
    '!insults',
    'umask = 0077',
    'secure_path="/usr/sbin:/usr/bin"',
    'env_keep-=FOO',
    'env_keep += "LC_* LANG  LANG"',
    'env_keep=TERM',
    'command_timeout=1h30m',
    'use_pty',
  ]);
  expect(rejected).toEqual([]);
  expect(sudoRoles).toEqual([]);
  expect(settings).toEqual([
    { option: 'command_timeout', value: '5400' },
    { option: 'env_keep', value: 'TERM' },
    { option: 'env_keep', operator: '+=', value: 'LANG LC_*' },
    { option: 'env_keep', operator: '-=', value: 'FOO' },
    { option: 'insults', negated: true },
    { option: 'secure_path', value: '/usr/sbin:/usr/bin' },
    { option: 'umask', value: '0077' },
    { option: 'use_pty' },
  ]);
});

test('is found without regard to case, and needs no user, host or command', () => {
  expect(read('env_reset', { cn: 'DEFAULTS' }).settings).toEqual([{ option: 'env_reset' }]);
});

test('what loosens is read: whether it is taken is up to policy', () => {
  expect(read('!authenticate').settings).toEqual([{ option: 'authenticate', negated: true }]);
});

test('an option that is refused is named with DN, attribute and remedy, and the others hold', () => {
  const { settings, rejected } = read(['runas_default=postgres', 'env_reset', 'umask=9']);
  expect(settings).toEqual([{ option: 'env_reset' }]);
  expect(rejected).toEqual([
    {
      source: 'corp',
      record: 'cn=defaults,dc=x',
      field: 'sudoOption',
      message: 'is no option that is taken from a directory (value 1 of 3)',
      remedy: expect.stringContaining('remove it') as string,
    },
    expect.objectContaining({ message: 'is umask, which has a value that is not taken (value 3 of 3)' }),
  ]);
});

test.each([
  [['env_reset', '!env_reset'], 'env_reset'],
  [['umask=0077', 'umask=0022'], 'umask'],
  [['env_keep=LANG', '!env_keep', 'env_keep+=TERM'], 'env_keep'],
])('of %j none is taken that sets it as a whole', (options, name) => {
  const { settings, rejected } = read(options);
  expect(settings?.filter(({ operator }) => operator === undefined)).toEqual([]);
  expect(rejected).toEqual([
    expect.objectContaining({ message: `sets ${name} in several ways, of which none is taken` }),
  ]);
});

test('of several entries none is taken', () => {
  const entries = ['a', 'b'].map((ou) =>
    entryOf(`cn=defaults,ou=${ou},dc=x`, { cn: 'defaults', sudoOption: 'env_reset' }),
  );
  const { sudoDefaults, rejected } = map({ accounts: [], groups: [], sudoRoles: entries });
  expect(sudoDefaults).toBeUndefined();
  expect(rejected).toMatchObject(
    entries.map(({ dn }) => ({ record: dn, field: 'cn', message: expect.stringContaining('one of 2') })),
  );
});

test('values with options of their own refuse the entry', () => {
  expect(read('env_reset', { 'sudoOption;lang-en': '!insults' }).settings).toBeUndefined();
});

describe('hostile values', () => {
  const injections = [
    '\nALL ALL=(ALL) NOPASSWD: ALL',
    '", !authenticate, "',
    '\\',
    '#',
    '\0',
    ', !authenticate',
  ];
  const prefixes = [
    '',
    '!',
    'env_keep+=',
    'secure_path=',
    'mailsub=',
    'logfile=/var/log/',
    'umask=',
    'lecture=',
  ];
  const options = fc
    .tuple(
      fc.constantFrom(...prefixes),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...Object.values(hostileValues), ...injections),
      ),
    )
    .map(([prefix, value]) => `${prefix}${value}`);
  test('whatever stands in sudoOption, what is taken is valid, and problems never repeat it', () => {
    const check = validators.common<unknown>('sudoDefault');
    fc.assert(
      fc.property(fc.array(options, { minLength: 1, maxLength: 4 }), (given) => {
        const { settings = [], rejected } = read(given);
        for (const setting of settings) {
          expect(check(setting).kind).toBe('valid');
          expect(formProblem(setting)).toBeUndefined();
          expect(setting.value ?? '').not.toMatch(/[^ -~]|["\\]/);
        }
        for (const { message } of rejected) expect(message).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
