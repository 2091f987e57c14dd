/* Generated from schemas/v1/policy.json by schemas/generate.ts. Do not edit. */

/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "accessRule".
 */
export type AccessRule = AccessRule1 & {
  name: RuleName;
  match?: InstanceMatch;
  /**
   * LDAP groups whose members get an account.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  groups?: string[];
  /**
   * People by uid.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  accounts?: string[];
  /**
   * Instead of the directory's loginShell.
   */
  shell?: string;
  /**
   * Groups of the guest's own that the accounts join where they exist.
   *
   * @maxItems 64
   *
   * Items: Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  extraGroups?: string[];
  keys?: KeyHandling;
};
export type AccessRule1 = {
  [k: string]: unknown;
};
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "ruleName".
 */
export type RuleName = string;
/**
 * A literal, or a pattern with * for any characters.
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "pattern".
 */
export type Pattern = string;
/**
 * @minItems 1
 * @maxItems 1000
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "patterns".
 */
export type Patterns = Pattern[];
/**
 * Any of the instance's tags matches.
 *
 * @minItems 1
 * @maxItems 1000
 */
export type Patterns1 = Pattern[];
/**
 * An option as sshd(8) spells it, AUTHORIZED_KEYS FILE FORMAT.
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "keyOption".
 */
export type KeyOption =
  | 'restrict'
  | 'agent-forwarding'
  | 'no-agent-forwarding'
  | 'no-port-forwarding'
  | 'no-pty'
  | 'no-user-rc'
  | 'no-X11-forwarding'
  | 'port-forwarding'
  | 'pty'
  | 'user-rc'
  | 'X11-forwarding'
  | 'from'
  | 'command'
  | 'expiry-time';
/**
 * Names (cn) of sudoRole entries; * allowed.
 *
 * @minItems 1
 * @maxItems 1000
 */
export type Patterns2 = Pattern[];
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "sudoDefaultPermit".
 */
export type SudoDefaultPermit =
  | (
      | '!always_set_home'
      | '!authenticate'
      | '!command_timeout'
      | '!env_check'
      | '!env_delete'
      | '!env_reset'
      | '!ignore_dot'
      | '!intercept'
      | '!log_allowed'
      | '!log_denied'
      | '!log_input'
      | '!log_output'
      | '!log_subcmds'
      | '!logfile'
      | '!mail_all_cmnds'
      | '!mail_always'
      | '!mail_badpass'
      | '!mail_no_host'
      | '!mail_no_perms'
      | '!mail_no_user'
      | '!mailto'
      | '!noexec'
      | '!pam_acct_mgmt'
      | '!pam_session'
      | '!pam_setcred'
      | '!passwd_timeout'
      | '!requiretty'
      | '!rootpw'
      | '!runas_check_shell'
      | '!runaspw'
      | '!secure_path'
      | '!set_home'
      | '!set_logname'
      | '!sudoedit_checkdir'
      | '!syslog'
      | '!targetpw'
      | '!tty_tickets'
      | '!umask'
      | '!use_pty'
      | 'closefrom_override'
      | 'editor'
      | 'env_check'
      | 'env_delete'
      | 'env_editor'
      | 'fast_glob'
      | 'ignore_iolog_errors'
      | 'ignore_logfile_errors'
      | 'listpw'
      | 'passwd_tries'
      | 'preserve_groups'
      | 'pwfeedback'
      | 'root_sudo'
      | 'runas_allow_unknown_id'
      | 'secure_path'
      | 'setenv'
      | 'shell_noargs'
      | 'sudoedit_follow'
      | 'syslog_badpri'
      | 'syslog_goodpri'
      | 'timestamp_timeout'
      | 'timestamp_type'
      | 'umask'
      | 'umask_override'
      | 'verifypw'
      | 'visiblepw'
    )
  | string;
/**
 * Who may: accounts, %groups, #uid and %#gid; ! takes away, and ALL needs `allowAllUsers`. Counted are accounts and groups that the guest has from Ubugi, and the extra groups of such accounts; a rule of which nobody is there is left out.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
 */
export type SudoMembers = string[];
/**
 * As whom. Absent: root.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
 */
export type SudoMembers1 = string[];
/**
 * With which group.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
 */
export type SudoMembers2 = string[];
/**
 * How values are written into the template. `none`: as they are. `shell`: one word of a shell each, for bare places, not within quotes. `json` and `yaml`: whole values, strings with their quotes. Values with control characters are refused whatever is chosen.
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "escape".
 */
export type Escape = 'none' | 'shell' | 'json' | 'yaml';
/**
 * Accounts, %groups, #uid and %#gid of the guest; ! takes away.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "sudoMembers".
 *
 * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
 */
export type SudoMembers3 = string[];
/**
 * The content is a Liquid template, filled in for each instance from `instance.*`, `hostname`, `fqdn`, `domain`, `site`, `tags`, `dns`, `ntp`, `interfaces`, `bonds` and `vlans`.
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "templated".
 */
export type Templated = boolean;

/**
 * Who and what belongs on which guest. One or many YAML files, joined in the order of the configuration: lists are appended; in `defaults` and in each site a later file replaces a key as a whole and keeps the others.
 */
export interface Policy {
  defaults?: SitePolicy;
  /**
   * Settings by site, keyed by the CMDB's site name. Each value and each list counts as a whole: the CMDB record's over the site's over that of `defaults`.
   */
  sites?: {
    [k: string]: SitePolicy;
  };
  /**
   * Who gets an account where. All rules that match an instance count together: groups, accounts, extra groups and allowed key options add up; for shell and key mode the first rule that names one wins.
   *
   * @maxItems 10000
   */
  access?: AccessRule[];
  /**
   * Which sudoRoles of the directory apply where. A role's own sudoHost must match too. They stand in sudoers in the order of sudoOrder, before `sudoRules`.
   *
   * @maxItems 10000
   */
  sudo?: SudoSelection[];
  /**
   * Sudo rules of the policy's own. They stand in sudoers in this order, after the sudoRoles of the directory and before the break-glass accounts: the last match wins.
   *
   * @maxItems 1000
   */
  sudoRules?: PolicySudoRule[];
  /**
   * Accounts for the day on which nothing else works: given whatever the directory says, and in its place where it has the name, number or home too. Of several rules for one name the first that matches wins.
   *
   * @maxItems 100
   */
  breakGlass?: BreakGlassAccount[];
  /**
   * What the guest agent does when a resource fails. The first rule that matches wins; none: continue.
   *
   * @maxItems 1000
   */
  failure?: FailureRule[];
  /**
   * How guests are handled. All rules that match an instance count together: each setting is that of the first rule that names it.
   *
   * @maxItems 1000
   */
  guests?: GuestRule[];
  /**
   * Files on the guest. Of several rules for one path the last that matches wins.
   *
   * @maxItems 1000
   */
  files?: PolicyFile[];
  /**
   * Run in this order after all else. Of several rules for one name the last that matches wins, in the place of the first.
   *
   * @maxItems 100
   */
  scripts?: PolicyScript[];
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "site".
 */
export interface SitePolicy {
  /**
   * For the full host name, where the CMDB record has none.
   */
  domain?: string;
  dns?: Dns;
  ntp?: Ntp;
  /**
   * Routes besides the default one. Each is added to the interface, bond or VLAN of which a network contains `via`; a destination that the CMDB record routes already stays as the record has it.
   *
   * @maxItems 64
   */
  routes?: Route[];
}
export interface Dns {
  /**
   * @maxItems 16
   *
   * Items: IPv4 or IPv6 address without zone.
   */
  servers?: string[];
  /**
   * @maxItems 32
   *
   * Items: DNS name in lower case, without the final dot (RFC 1123).
   */
  search?: string[];
}
export interface Ntp {
  /**
   * @maxItems 16
   *
   * Items: A server by DNS name or IP address.
   */
  servers?: string[];
  /**
   * @maxItems 16
   *
   * Items: DNS name in lower case, without the final dot (RFC 1123).
   */
  pools?: string[];
}
/**
 * A route besides the default one.
 */
export interface Route {
  /**
   * Destination network.
   */
  to: string;
  /**
   * IPv4 or IPv6 address without zone.
   */
  via: string;
  /**
   * The lower wins.
   */
  metric?: number;
}
/**
 * Instances that this applies to: every key given must match, within a key any of its patterns. Absent or empty: every instance.
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "match".
 */
export interface InstanceMatch {
  name?: Patterns;
  project?: Patterns;
  site?: Patterns;
  owner?: Patterns;
  tags?: Patterns1;
  osFamily?: Patterns;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "keyHandling".
 */
export interface KeyHandling {
  /**
   * `shared`: keys that the account has besides, such as one added by hand, stay. `exclusive`: the directory's keys only let anyone in. None named: shared.
   */
  mode?: 'shared' | 'exclusive';
  /**
   * Options of authorized_keys(5) that the directory's keys may have. A key with another is refused, as it must not come without its options. None named: no options.
   *
   * @minItems 1
   * @maxItems 14
   */
  allowOptions?: KeyOption[];
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "sudoSelection".
 */
export interface SudoSelection {
  name: RuleName;
  match?: InstanceMatch;
  roles: Patterns2;
  /**
   * Take also roles whose sudoUser is ALL: everybody on the guest, its own accounts included. Such a role is left out otherwise.
   */
  allowAllUsers?: boolean;
  /**
   * Options of the directory's `cn=defaults` that loosen sudo, for everybody on the guest, and are left out otherwise: an option as it stands there with or without !, or `env_keep:NAME` and `env_check:NAME` for one variable.
   *
   * @minItems 1
   * @maxItems 256
   */
  allowDefaults?: SudoDefaultPermit[];
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "policySudoRule".
 */
export interface PolicySudoRule {
  name: RuleName;
  match?: InstanceMatch;
  users: SudoMembers;
  /**
   * Lets `users` be ALL: everybody on the guest, its own accounts included.
   */
  allowAllUsers?: boolean;
  runAsUsers?: SudoMembers1;
  runAsGroups?: SudoMembers2;
  /**
   * What: `ALL`, `sudoedit FILE`, an absolute path or a folder with its final slash, with arguments (absent: any; `""`: none). ! in front forbids; `sha256:HEX ` in front asks for that very file (sudoers.ldap(5), sudoCommand).
   *
   * @minItems 1
   * @maxItems 1000
   */
  commands: string[];
  /**
   * Such as NOPASSWD, which accounts that have keys only need.
   *
   * @maxItems 14
   *
   * Items: Tag of sudoers(5), Tag_Spec.
   */
  tags?: (
    | 'PASSWD'
    | 'NOPASSWD'
    | 'SETENV'
    | 'NOSETENV'
    | 'EXEC'
    | 'NOEXEC'
    | 'INTERCEPT'
    | 'NOINTERCEPT'
    | 'LOG_INPUT'
    | 'NOLOG_INPUT'
    | 'LOG_OUTPUT'
    | 'NOLOG_OUTPUT'
    | 'MAIL'
    | 'NOMAIL'
    | 'FOLLOW'
    | 'NOFOLLOW'
  )[];
  /**
   * Valid from then on.
   */
  notBefore?: string;
  /**
   * Valid until then.
   */
  notAfter?: string;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "breakGlassAccount".
 */
export interface BreakGlassAccount {
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  name: string;
  match?: InstanceMatch;
  /**
   * Not below `policy.minimumUid` of the configuration.
   */
  uid: number;
  /**
   * Number of the account's own group; not below `policy.minimumUid` either.
   */
  gid: number;
  /**
   * GECOS field of passwd(5): one line of text without colon, comma and what reads like a directive elsewhere.
   */
  gecos?: string;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  shell: string;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  home: string;
  /**
   * Public keys as lines of an id_ed25519.pub, without options.
   *
   * @minItems 1
   * @maxItems 100
   */
  keys: string[];
  /**
   * Whether the account may do everything, as anybody, without a password. Its rule stands last, where nothing takes it away.
   */
  sudo: boolean;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "failureRule".
 */
export interface FailureRule {
  match?: InstanceMatch;
  /**
   * `continue` with resources that do not depend on the failed one, or `stop`.
   */
  onFailure: 'continue' | 'stop';
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "guestRule".
 */
export interface GuestRule {
  name: RuleName;
  match?: InstanceMatch;
  /**
   * `agent`: our agent applies the drive. `cloud-config`: nothing of ours runs in the guest; the same state is expressed as cloud-config, and `show` lists what cannot be. None named: agent.
   */
  guest?: 'agent' | 'cloud-config';
  /**
   * When a changed network takes effect in a running guest. None named: next-boot.
   */
  network?: 'live' | 'next-boot';
  /**
   * Accounts and groups that a guest has already under the same name and number become ours. None named: false, it is a clash.
   */
  adoptAccounts?: boolean;
  /**
   * What becomes of sessions and processes of an account that is taken away or expires: `end` at once, `keep`, or end after some minutes. None named: end.
   */
  sessions?:
    | ('end' | 'keep')
    | {
        endAfterMinutes: number;
      };
  /**
   * How often drift is looked for and repaired, in minutes; 0: only at each boot and each change of the drive. None named: 0.
   */
  repairMinutes?: 0 | number;
  /**
   * Days after which a guest refuses the drive of a generation; 0: never. None named: 0.
   */
  driveDays?: number;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "policyFile".
 */
export interface PolicyFile {
  match?: InstanceMatch;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  path: string;
  /**
   * Permission bits as four octal digits. Set-user-id and set-group-id are not allowed.
   */
  mode?: string;
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  owner?: string;
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  group?: string;
  /**
   * UTF-8 text.
   */
  content: string;
  /**
   * The content is a Liquid template, filled in for each instance from `instance.*`, `hostname`, `fqdn`, `domain`, `site`, `tags`, `dns`, `ntp`, `interfaces`, `bonds` and `vlans`.
   */
  template?: boolean;
  /**
   * As in `scripts`; for templates only. Absent: none.
   */
  escape?: 'none' | 'shell' | 'json' | 'yaml';
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "policyScript".
 */
export interface PolicyScript {
  match?: InstanceMatch;
  /**
   * File name in `ubugi/scripts`.
   */
  name: string;
  /**
   * The script with its `#!` line.
   */
  content: string;
  timeoutSeconds?: number;
  /**
   * The content is a Liquid template, filled in for each instance from `instance.*`, `hostname`, `fqdn`, `domain`, `site`, `tags`, `dns`, `ntp`, `interfaces`, `bonds` and `vlans`.
   */
  template?: boolean;
  escape?: Escape;
}
