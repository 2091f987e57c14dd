import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { knownPermits } from '../../schemas/sudo-defaults/settings.ts';
import { renderSudoers } from '../../schemas/sudoers/fragments.ts';
import type { SudoDefaultPermit } from '../../schemas/types/policy.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { dress } from '../domain/compose/dress.ts';
import { understoodDefaults } from '../harness/cvtsudoers-defaults.ts';
import { entryOf } from '../harness/directory-entry.ts';
import { hostileValues } from '../harness/hostile-values.ts';

const validators = createValidators();
const map = createEntryMapping({ source: 'corp', clock: systemClock, minimumUid: 1000, validators });
const allowDefaults: SudoDefaultPermit[] = [...knownPermits(), 'env_keep:SSH_AUTH_SOCK', 'env_check:EDITOR'];

/** The way of cn=defaults from the entry to the guest's file: mapping, composition, rendering. */
function rendered(sudoOption: readonly string[]): string {
  const sudoRoles = [entryOf('cn=defaults,dc=x', { cn: 'defaults', sudoOption })];
  const { sudoDefaults } = map({ accounts: [], groups: [], sudoRoles });
  const directory = sudoDefaults === undefined ? {} : { sudoDefaults };
  const { guest } = dress({ sudo: [{ name: 'all', roles: ['none'], allowDefaults }] }, {}, directory);
  return renderSudoers([], guest.sudo.defaults);
}

async function visudo(input: string): Promise<number | undefined> {
  const { exitCode } = await execa('visudo', ['-c', '-s', '-f', '-'], {
    input,
    timeout: 20_000,
    reject: false,
  });
  return exitCode;
}

/** Entries as companies have them, and every way to write a value. */
const corpus: Readonly<Record<string, readonly string[]>> = {
  plain: ['env_reset', 'use_pty', '!insults', 'requiretty', 'mail_badpass', '!lecture', '!visiblepw'],
  loosening: [
    '!authenticate',
    '!env_reset',
    'setenv',
    '!requiretty',
    'editor=/usr/bin/vi:/bin/nano',
    '!secure_path',
  ],
  values: [
    'secure_path=/usr/local/sbin:/usr/bin',
    'umask=0027',
    'timestamp_timeout=2.5',
    'passwd_tries=1',
    'lecture=always',
    'logfile=/var/log/sudo.log',
    'syslog=local3',
    'syslog_goodpri=info',
    'timestamp_type=ppid',
    'mailto=ops@example.com',
  ],
  'quotes and blanks': [
    'secure_path = "/usr/sbin:/usr/bin"',
    'mailsub="*** %h: %u ***"',
    'umask =0077',
    'badpass_message= "No, sorry"',
  ],
  lists: [
    'env_keep+=LANG LC_*',
    'env_keep += "TERM SSH_AUTH_SOCK"',
    'env_keep-=DISPLAY',
    'env_check+=TZ',
    'env_delete+=FOO',
  ],
  'whole lists': ['env_keep="LANG TERM"', '!env_check', 'env_delete=BAR'],
};

describe.each(Object.entries(corpus))('cn=defaults, %s', (_, options) => {
  test('means the same rendered as it does to sudo, and passes visudo', async () => {
    const lines = options.map((option) => `sudoOption: ${option}\n`).join('');
    const ldif = `dn: cn=defaults,dc=x\nobjectClass: sudoRole\ncn: defaults\n${lines}\n`;
    const text = rendered(options);
    expect(await understoodDefaults('sudoers', text)).toEqual(await understoodDefaults('ldif', ldif));
    expect(text.split('\n').filter((line) => line.startsWith('Defaults '))).toHaveLength(options.length);
    expect(await visudo(text)).toBe(0);
  });
});

test('no value of the directory adds a line, an option or a rule', async () => {
  const values = [
    ...Object.values(hostileValues),
    '\nALL ALL=(ALL) NOPASSWD: ALL',
    '", !authenticate, x="',
    ', !authenticate',
    '\\',
    '#',
    '\0',
    ' ',
  ];
  const prefixes = [
    '',
    '!',
    'env_keep=',
    'env_keep+=',
    'secure_path=',
    'editor=',
    'mailsub=',
    'passprompt=',
    'logfile=/var/log/',
  ];
  const texts = values.flatMap((value) =>
    prefixes.flatMap((prefix) => [`${prefix}${value}`, `${prefix}A${value}`]),
  );
  const taken = new Set(texts.map((text) => rendered([text])));
  for (const text of taken) {
    expect(text).toMatch(/^# Written by [^\n]*\n(Defaults !?[a-z_]+([+-]?="[ !#-[\]-~]+")?\n)?$/);
    expect(await visudo(text)).toBe(0);
  }
});
