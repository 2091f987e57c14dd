/**
 * What a setting may say without a word of the policy. `loosens` names the forms of it that give more rights, leave
 * fewer traces, or make way for what a person at the machine brings along.
 */
export type SudoDefaultOption =
  | { readonly kind: 'flag'; readonly loosens: 'set' | 'negated' | 'never' }
  | {
      readonly kind: 'value';
      /** The values that are taken at all; anchored, nothing in it that quotes do not hold. */
      readonly value: RegExp;
      /** The values that are taken unasked; absent: all of them. */
      readonly unasked?: RegExp;
      /** Whether `!option` is taken, and whether it loosens; absent: it is not taken. */
      readonly negated?: 'tightens' | 'loosens';
    }
  | {
      readonly kind: 'names';
      /** Operators that loosen whatever the names are. */
      readonly loosening: readonly ('=' | '-=')[];
      /** Whether a name that is added must be one of the plain ones. */
      readonly plainOnly: boolean;
      readonly negated: 'tightens' | 'loosens';
    };

const strict = { kind: 'flag', loosens: 'negated' } as const;
const lax = { kind: 'flag', loosens: 'set' } as const;
const neutral = { kind: 'flag', loosens: 'never' } as const;

const path = '/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._@+-]{1,255}';
const systemPath = '/(?:usr/local/sbin|usr/local/bin|usr/sbin|usr/bin|sbin|bin|snap/bin)';
const paths = new RegExp(`^(?:${path})+(?::(?:${path})+)*$`);
const logPath = /^\/var\/log(?:\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127})+$/;
const minutes = '(?:0|[1-9][0-9]{0,3})(?:\\.[0-9]{1,2})?';
const priority = /^(?:alert|crit|debug|emerg|err|info|none|notice|warning)$/;
const address = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}(?:@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?$/;
const sentence = /^[A-Za-z0-9.,:;!?%()[\]@/+*'_-][A-Za-z0-9 .,:;!?%()[\]@/+*'_-]{0,254}$/;

/** Options of sudoers(5), SUDOERS OPTIONS, that are taken from a directory. What is not here is refused. */
export const sudoDefaultOptions: Readonly<Record<string, SudoDefaultOption>> = {
  always_set_home: strict,
  authenticate: strict,
  badpass_message: { kind: 'value', value: sentence },
  closefrom_override: lax,
  command_timeout: { kind: 'value', value: /^[1-9][0-9]{0,7}$/, negated: 'loosens' },
  editor: { kind: 'value', value: paths, unasked: /(?!)/ },
  env_check: { kind: 'names', loosening: ['=', '-='], plainOnly: true, negated: 'loosens' },
  env_delete: { kind: 'names', loosening: ['=', '-='], plainOnly: false, negated: 'loosens' },
  env_editor: lax,
  env_keep: { kind: 'names', loosening: [], plainOnly: true, negated: 'tightens' },
  env_reset: strict,
  fast_glob: lax,
  ignore_dot: strict,
  ignore_iolog_errors: lax,
  ignore_logfile_errors: lax,
  insults: neutral,
  intercept: strict,
  iolog_dir: { kind: 'value', value: logPath },
  iolog_flush: neutral,
  lecture: { kind: 'value', value: /^(?:always|never|once)$/, negated: 'tightens' },
  listpw: { kind: 'value', value: /^(?:all|always|any|never)$/, unasked: /^(?:all|always|any)$/ },
  log_allowed: strict,
  log_denied: strict,
  log_exit_status: neutral,
  log_format: { kind: 'value', value: /^(?:json|sudo)$/ },
  log_host: neutral,
  log_input: strict,
  log_output: strict,
  log_subcmds: strict,
  log_year: neutral,
  logfile: { kind: 'value', value: logPath, negated: 'loosens' },
  loglinelen: { kind: 'value', value: /^(?:0|[1-9][0-9]{0,4})$/, negated: 'tightens' },
  mail_all_cmnds: strict,
  mail_always: strict,
  mail_badpass: strict,
  mail_no_host: strict,
  mail_no_perms: strict,
  mail_no_user: strict,
  mailfrom: { kind: 'value', value: address },
  mailsub: { kind: 'value', value: sentence },
  mailto: { kind: 'value', value: address, negated: 'loosens' },
  noexec: strict,
  pam_acct_mgmt: strict,
  pam_session: strict,
  pam_setcred: strict,
  passprompt: { kind: 'value', value: sentence },
  passprompt_override: neutral,
  passwd_timeout: { kind: 'value', value: new RegExp(`^${minutes}$`), negated: 'loosens' },
  passwd_tries: { kind: 'value', value: /^(?:[1-9]|10)$/, unasked: /^[1-3]$/ },
  path_info: neutral,
  preserve_groups: lax,
  pwfeedback: lax,
  requiretty: strict,
  root_sudo: lax,
  rootpw: strict,
  runas_allow_unknown_id: lax,
  runas_check_shell: strict,
  runaspw: strict,
  secure_path: {
    kind: 'value',
    value: paths,
    unasked: new RegExp(`^${systemPath}(?::${systemPath})*$`),
    negated: 'loosens',
  },
  set_home: strict,
  set_logname: strict,
  set_utmp: neutral,
  setenv: lax,
  shell_noargs: lax,
  sudoedit_checkdir: strict,
  sudoedit_follow: lax,
  syslog: {
    kind: 'value',
    value: /^(?:auth|authpriv|daemon|user|local[0-7])$/,
    negated: 'loosens',
  },
  syslog_badpri: { kind: 'value', value: priority, unasked: /^(?!none$)/ },
  syslog_goodpri: { kind: 'value', value: priority, unasked: /^(?!none$)/ },
  syslog_pid: neutral,
  targetpw: strict,
  timestamp_timeout: {
    kind: 'value',
    value: new RegExp(`^(?:${minutes}|-1)$`),
    // Fifteen minutes is what sudo does unasked; -1 is until the next boot.
    unasked: /^(?:(?:[0-9]|1[0-4])(?:\.[0-9]{1,2})?|15)$/,
    negated: 'tightens',
  },
  timestamp_type: {
    kind: 'value',
    value: /^(?:global|kernel|ppid|tty)$/,
    unasked: /^(?:kernel|ppid|tty)$/,
  },
  tty_tickets: strict,
  // Unasked where nobody but the owner may write.
  umask: { kind: 'value', value: /^0?[0-7]{3}$/, unasked: /^0?[0-7][2367][2367]$/, negated: 'loosens' },
  umask_override: lax,
  use_pty: strict,
  user_command_timeouts: neutral,
  verifypw: { kind: 'value', value: /^(?:all|always|any|never)$/, unasked: /^(?:all|always)$/ },
  visiblepw: lax,
};

/** Variables of the environment that say how things look or which language they speak, and nothing else. */
export const plainVariables =
  /^(?:COLORS|COLORTERM|COLUMNS|DISPLAY|HOSTNAME|LANG|LANGUAGE|LC_[A-Z]{1,32}|LC_\*|LINES|LS_COLORS|SSH_CLIENT|SSH_CONNECTION|SSH_TTY|TERM|TZ)$/;
