import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { sudoDefaultOptions } from '../../../schemas/sudo-defaults/options.ts';
import { formProblem, knownPermits, permitsFor } from '../../../schemas/sudo-defaults/settings.ts';
import type { SudoDefault } from '../../../schemas/types/common.ts';

function definition(file: string, name: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(join(import.meta.dirname, `../../../schemas/v1/${file}.json`), 'utf8');
  const { $defs } = JSON.parse(text) as { readonly $defs: Record<string, Record<string, unknown>> };
  return $defs[name] ?? {};
}

/** A setting from the way it stands on a `Defaults` line. */
function setting(text: string): SudoDefault {
  const [, negation, option, operator, value] = /^(!?)([a-z_]+)(?:([+-]?=)(.*))?$/.exec(text) ?? [];
  return {
    option,
    ...(negation === '!' ? { negated: true } : {}),
    ...(operator === undefined || operator === '=' ? {} : { operator }),
    ...(value === undefined ? {} : { value }),
  } as SudoDefault;
}

test('the schemas name the options and the permits that the code knows', () => {
  const { properties } = definition('common', 'sudoDefault') as {
    readonly properties: { readonly option: { readonly enum: readonly string[] } };
  };
  expect(properties.option.enum).toEqual(Object.keys(sudoDefaultOptions));
  const { anyOf } = definition('policy', 'sudoDefaultPermit') as {
    readonly anyOf: readonly { readonly enum?: readonly string[] }[];
  };
  expect(anyOf[0]?.enum).toEqual([...knownPermits()].sort());
});

/** A value that is taken for each option that has one. */
const values: Readonly<Record<string, string>> = {
  badpass_message: 'No, sorry!',
  command_timeout: '60',
  editor: '/usr/bin/vi:/usr/bin/nano',
  iolog_dir: '/var/log/sudo-io',
  lecture: 'always',
  listpw: 'any',
  log_format: 'json',
  logfile: '/var/log/sudo.log',
  loglinelen: '0',
  mailfrom: 'sudo@example.com',
  mailsub: '*** %h: %u ***',
  mailto: 'root',
  passprompt: 'Password of %p:',
  passwd_timeout: '2.5',
  passwd_tries: '2',
  secure_path: '/usr/sbin:/usr/bin',
  syslog: 'authpriv',
  syslog_badpri: 'alert',
  syslog_goodpri: 'notice',
  timestamp_timeout: '-1',
  timestamp_type: 'tty',
  umask: '0027',
  verifypw: 'all',
};

test('visudo knows every option in every form that is taken', async () => {
  const settings = Object.keys(sudoDefaultOptions).flatMap((option): readonly string[] => {
    const known = sudoDefaultOptions[option];
    if (known?.kind === 'flag') return [option, `!${option}`];
    if (known?.kind === 'names') {
      return [`${option}="A B_*"`, `${option}+="C"`, `${option}-="C"`, `!${option}`];
    }
    return [`${option}="${values[option] ?? ''}"`, ...(known?.negated === undefined ? [] : [`!${option}`])];
  });
  for (const text of settings) {
    expect([text, formProblem(setting(text.replaceAll('"', '')))]).toEqual([text, undefined]);
  }
  const input = settings.map((text) => `Defaults ${text}\n`).join('');
  const { exitCode, stderr, stdout } = await execa('visudo', ['-c', '-s', '-f', '-'], {
    input,
    timeout: 20_000,
    reject: false,
  });
  expect([exitCode, stderr, stdout.includes('unknown')]).toEqual([0, '', false]);
});

describe('form', () => {
  test.each([
    'nosuch',
    'constructor',
    'env_reset=1',
    'env_reset+=1',
    '!umask=0022',
    'umask',
    'umask+=0022',
    'umask=9',
    'logfile=/etc/passwd',
    'logfile=/var/log/../x',
    'logfile=/var/log',
    'iolog_dir=/var/log/.x',
    'editor=vi',
    'secure_path=bin',
    'secure_path=/bin:',
    'syslog=mail',
    'passwd_tries=0',
    'passwd_tries=99',
    'timestamp_timeout=-2',
    'env_keep=A  B',
    'env_keep=A A',
    'env_keep=A=B',
    'env_keep=*',
    'env_keep+=',
    '!passwd_tries',
    'mailto=a b',
    'mailto=|x',
    'badpass_message=a"b',
    'badpass_message=a\\',
  ])('refuses %s', (text) => {
    expect(formProblem(setting(text))).toEqual(expect.any(String));
  });
});

describe('what policy must allow', () => {
  test.each<readonly [string, readonly string[]]>([
    ['env_reset', []],
    ['!env_reset', ['!env_reset']],
    ['!authenticate', ['!authenticate']],
    ['!requiretty', ['!requiretty']],
    ['setenv', ['setenv']],
    ['!setenv', []],
    ['insults', []],
    ['editor=/usr/bin/vi', ['editor']],
    ['secure_path=/usr/sbin:/usr/bin', []],
    ['secure_path=/usr/sbin:/opt/bin', ['secure_path']],
    ['!secure_path', ['!secure_path']],
    ['timestamp_timeout=0', []],
    ['timestamp_timeout=15', []],
    ['timestamp_timeout=15.5', ['timestamp_timeout']],
    ['timestamp_timeout=-1', ['timestamp_timeout']],
    ['passwd_tries=3', []],
    ['passwd_tries=4', ['passwd_tries']],
    ['umask=0022', []],
    ['umask=077', []],
    ['umask=0002', ['umask']],
    ['logfile=/var/log/sudo.log', []],
    ['!logfile', ['!logfile']],
    ['!syslog', ['!syslog']],
    ['syslog_goodpri=none', ['syslog_goodpri']],
    ['env_keep+=LANG LC_TIME LC_*', []],
    ['env_keep+=LANG LD_PRELOAD', ['env_keep:LD_PRELOAD']],
    ['env_keep=SSH_AUTH_SOCK', ['env_keep:SSH_AUTH_SOCK']],
    ['env_keep-=LANG', []],
    ['!env_keep', []],
    ['env_check+=TZ', []],
    ['env_check=TZ X', ['env_check', 'env_check:X']],
    ['env_check-=TZ', ['env_check']],
    ['env_delete+=X', []],
    ['env_delete-=X', ['env_delete']],
    ['!env_delete', ['!env_delete']],
  ])('%s: %j', (text, permits) => {
    expect(formProblem(setting(text))).toBeUndefined();
    expect(permitsFor(setting(text))).toEqual(permits);
  });
});

test('the directory guide lists the options', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/directory.md'), 'utf8');
  const rows = { flag: 'on or off', value: 'with a value', names: 'lists of variables' };
  for (const [kind, title] of Object.entries(rows)) {
    const options = Object.keys(sudoDefaultOptions).filter((name) => sudoDefaultOptions[name]?.kind === kind);
    expect(guide).toContain(`| ${title} | ${options.join(', ')} |`);
  }
});
