/* Generated from schemas/v1/guest-configuration.json by schemas/generate.ts. Do not edit. */

/**
 * The desired state of one guest, `ubugi/guest.json` on the drive. A pure function of instance, directory and policy.
 */
export interface GuestConfiguration {
  schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json';
  /**
   * Whose configuration this is, and who created the machine and when.
   */
  instance: {
    /**
     * UUID in lower case (RFC 9562).
     */
    id: string;
    /**
     * Display name of an instance: letters, digits, dot, underscore and hyphen.
     */
    name: string;
    osFamily: 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';
    /**
     * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
     */
    project?: string;
    /**
     * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
     */
    owner?: string;
    /**
     * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
     */
    creator?: string;
    /**
     * UTC time (RFC 3339, section 5.6) ending in Z.
     */
    createdAt?: string;
    /**
     * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
     */
    site?: string;
  };
  hostname: {
    /**
     * One DNS label in lower case (RFC 1123), what sethostname(2) gets.
     */
    name: string;
    /**
     * DNS name in lower case, without the final dot (RFC 1123).
     */
    fqdn?: string;
  };
  network: {
    /**
     * @maxItems 64
     */
    interfaces: NetworkInterface[];
    /**
     * Absent: none.
     *
     * @minItems 1
     * @maxItems 16
     */
    bonds?: Bond[];
    /**
     * Absent: none.
     *
     * @minItems 1
     * @maxItems 256
     */
    vlans?: Vlan[];
    /**
     * The network of a running guest may be changed at once. Absent: a change waits for the next boot.
     */
    live?: true;
  };
  dns: Dns;
  ntp: Ntp;
  /**
   * What the agent does with resources that do not depend on one that failed. Absent: continue.
   */
  onFailure?: 'continue' | 'stop';
  /**
   * How the guest gets its state. `cloud-config`: nothing of ours runs in it, stock cloud-init does what it can. Absent: the agent on the drive.
   */
  delivery?: 'cloud-config';
  /**
   * An account or group that the guest has already under the same name and number becomes ours. Absent: it is a clash.
   */
  adoptAccounts?: true;
  /**
   * What becomes of sessions and processes of an account that is taken away or expires. Absent: they are ended at once.
   */
  sessions?: {
    /**
     * They are ended so long after.
     */
    endAfterMinutes?: number;
    /**
     * They end by themselves.
     */
    keep?: true;
  };
  /**
   * The guest looks for drift and repairs it this often, in minutes. Absent: at each boot and each change of the drive only.
   */
  repairMinutes?: number;
  /**
   * Days after which the drive of this generation is refused (manifest `notAfter`). Absent: never.
   */
  driveDays?: number;
  /**
   * POSIX groups, by name.
   *
   * @maxItems 10000
   */
  groups: GuestGroup[];
  /**
   * Accounts, by name.
   *
   * @maxItems 10000
   */
  accounts: GuestAccount[];
  sudo: {
    /**
     * Settings for all of sudo on the guest, written before the rules. Absent: none.
     *
     * @minItems 1
     * @maxItems 1000
     */
    defaults?: SudoDefault[];
    /**
     * @maxItems 10000
     */
    rules: SudoRule[];
  };
  /**
   * @maxItems 1000
   */
  files: GuestFile[];
  /**
   * The operator's own scripts in `ubugi/scripts`, run in this order after all else.
   *
   * @maxItems 100
   */
  scripts: GuestScript[];
}
/**
 * One network interface, matched by MAC address.
 */
export interface NetworkInterface {
  /**
   * Name in the CMDB; the guest matches by MAC and keeps its own kernel name.
   */
  name?: string;
  /**
   * Unicast MAC address in lower case with colons.
   */
  mac: string;
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A route besides the default one.
 */
export interface Route {
  /**
   * Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  to: string;
  /**
   * Gateway, in a network of the interface.
   */
  via: string;
  /**
   * The lower wins.
   */
  metric?: number;
}
/**
 * A bond of several interfaces (Linux bonding driver). Its members carry no addresses of their own.
 */
export interface Bond {
  /**
   * Kernel name of a link that the guest makes (at most 15 characters), such as `bond0.40`.
   */
  name: string;
  mode:
    'balance-rr' | 'active-backup' | 'balance-xor' | 'broadcast' | '802.3ad' | 'balance-tlb' | 'balance-alb';
  /**
   * MAC addresses of interfaces of the same machine.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: Unicast MAC address in lower case with colons.
   */
  members: string[];
  /**
   * Unicast MAC address in lower case with colons.
   */
  mac?: string;
  /**
   * Milliseconds between looks at the members' links; 100 if absent.
   */
  miimon?: number;
  /**
   * For 802.3ad.
   */
  lacpRate?: 'slow' | 'fast';
  /**
   * For balance-xor and 802.3ad.
   */
  xmitHashPolicy?: 'layer2' | 'layer2+3' | 'layer3+4' | 'encap2+3' | 'encap3+4';
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A VLAN (IEEE 802.1Q) on an interface or a bond.
 */
export interface Vlan {
  /**
   * Kernel name of a link that the guest makes (at most 15 characters), such as `bond0.40`.
   */
  name: string;
  id: number;
  /**
   * What it lies on: MAC address of an interface, or name of a bond.
   */
  link: string;
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
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
 * This interface was referenced by `GuestConfiguration`'s JSON-Schema
 * via the `definition` "group".
 */
export interface GuestGroup {
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  name: string;
  /**
   * uidNumber or gidNumber. 0 is root, 65534 and 65535 are nobody and the 16-bit overflow, 2^32-2 and 2^32-1 are reserved by the kernel.
   */
  gid: number;
  /**
   * Supplementary members, accounts of this configuration, sorted.
   *
   * @maxItems 10000
   *
   * Items: Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  members: string[];
}
/**
 * This interface was referenced by `GuestConfiguration`'s JSON-Schema
 * via the `definition` "account".
 */
export interface GuestAccount {
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  name: string;
  /**
   * uidNumber or gidNumber. 0 is root, 65534 and 65535 are nobody and the 16-bit overflow, 2^32-2 and 2^32-1 are reserved by the kernel.
   */
  uid: number;
  /**
   * uidNumber or gidNumber. 0 is root, 65534 and 65535 are nobody and the 16-bit overflow, 2^32-2 and 2^32-1 are reserved by the kernel.
   */
  gid: number;
  /**
   * GECOS field of passwd(5): one line of text without colon, comma and what reads like a directive elsewhere.
   */
  gecos: string;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  home: string;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  shell: string;
  /**
   * Groups of the guest's own, such as `adm`, that the account joins where they exist.
   *
   * @maxItems 64
   *
   * Items: Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  extraGroups?: string[];
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  notAfter?: string;
  /**
   * Only `keys` let anyone in: authorized_keys2 and every other way to bring a key are closed. Absent: keys that the account has besides stay.
   */
  exclusiveKeys?: true;
  /**
   * The account must always remain usable, whatever else fails or is missing. Absent: an account like others.
   */
  breakGlass?: true;
  /**
   * @maxItems 100
   */
  keys: PublicKey[];
}
/**
 * An OpenSSH public key (sshd(8), AUTHORIZED_KEYS FILE FORMAT). Options stand apart from the key, never in it.
 */
export interface PublicKey {
  type:
    | 'ssh-ed25519'
    | 'sk-ssh-ed25519@openssh.com'
    | 'ecdsa-sha2-nistp256'
    | 'ecdsa-sha2-nistp384'
    | 'ecdsa-sha2-nistp521'
    | 'sk-ecdsa-sha2-nistp256@openssh.com'
    | 'ssh-rsa';
  /**
   * Key blob in base64.
   */
  key: string;
  comment?: string;
  options?: KeyOptions;
}
/**
 * What the key is restricted to, where policy allows each of the options. Absent: nothing.
 */
export interface KeyOptions {
  /**
   * Options without a value. restrict takes everything away; those without no- give back a part of it, and stand only beside it.
   *
   * @minItems 1
   * @maxItems 6
   */
  flags?: (
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
  )[];
  /**
   * Where the key may be used from; ! takes away.
   *
   * @minItems 1
   * @maxItems 64
   *
   * Items: Address, network, or pattern (* and ?) of addresses or host names (ssh_config(5), PATTERNS), possibly negated.
   */
  from?: string[];
  /**
   * What the key runs, whatever else is asked for: an absolute path and plain arguments, nothing that a shell treats specially.
   */
  command?: string;
  /**
   * The key ends then, to the second. sshd before 9.1 refuses such a key at any time.
   */
  expiryTime?: string;
}
/**
 * One setting for all of sudo on the guest, a `Defaults` line of sudoers(5). Options that are not here are refused.
 */
export interface SudoDefault {
  option:
    | 'always_set_home'
    | 'authenticate'
    | 'badpass_message'
    | 'closefrom_override'
    | 'command_timeout'
    | 'editor'
    | 'env_check'
    | 'env_delete'
    | 'env_editor'
    | 'env_keep'
    | 'env_reset'
    | 'fast_glob'
    | 'ignore_dot'
    | 'ignore_iolog_errors'
    | 'ignore_logfile_errors'
    | 'insults'
    | 'intercept'
    | 'iolog_dir'
    | 'iolog_flush'
    | 'lecture'
    | 'listpw'
    | 'log_allowed'
    | 'log_denied'
    | 'log_exit_status'
    | 'log_format'
    | 'log_host'
    | 'log_input'
    | 'log_output'
    | 'log_subcmds'
    | 'log_year'
    | 'logfile'
    | 'loglinelen'
    | 'mail_all_cmnds'
    | 'mail_always'
    | 'mail_badpass'
    | 'mail_no_host'
    | 'mail_no_perms'
    | 'mail_no_user'
    | 'mailfrom'
    | 'mailsub'
    | 'mailto'
    | 'noexec'
    | 'pam_acct_mgmt'
    | 'pam_session'
    | 'pam_setcred'
    | 'passprompt'
    | 'passprompt_override'
    | 'passwd_timeout'
    | 'passwd_tries'
    | 'path_info'
    | 'preserve_groups'
    | 'pwfeedback'
    | 'requiretty'
    | 'root_sudo'
    | 'rootpw'
    | 'runas_allow_unknown_id'
    | 'runas_check_shell'
    | 'runaspw'
    | 'secure_path'
    | 'set_home'
    | 'set_logname'
    | 'set_utmp'
    | 'setenv'
    | 'shell_noargs'
    | 'sudoedit_checkdir'
    | 'sudoedit_follow'
    | 'syslog'
    | 'syslog_badpri'
    | 'syslog_goodpri'
    | 'syslog_pid'
    | 'targetpw'
    | 'timestamp_timeout'
    | 'timestamp_type'
    | 'tty_tickets'
    | 'umask'
    | 'umask_override'
    | 'use_pty'
    | 'user_command_timeouts'
    | 'verifypw'
    | 'visiblepw';
  /**
   * The option is off, or its list empty. Never with a value.
   */
  negated?: true;
  /**
   * What is done to a list with the names in `value`. Absent: `value` is the whole.
   */
  operator?: '+=' | '-=';
  /**
   * Absent for an option that is only on or off. Names in a list stand apart by one blank.
   */
  value?: string;
}
/**
 * One rule of sudoers(5), already evaluated for this guest. Rules are written in the order given; the last match wins.
 */
export interface SudoRule {
  /**
   * The sudoRole's or the policy rule's name, written as a comment.
   */
  role: string;
  /**
   * @minItems 1
   * @maxItems 10000
   *
   * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
   */
  users: string[];
  /**
   * Absent: root. Present and empty: the invoking user.
   *
   * @maxItems 1000
   *
   * Items: User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
   */
  runAsUsers?: string[];
  /**
   * @maxItems 1000
   *
   * Items: Runas group member of sudoers(5).
   */
  runAsGroups?: string[];
  /**
   * @minItems 1
   * @maxItems 1000
   */
  commands: SudoCommand[];
  /**
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
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  cwd?: string;
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  chroot?: string;
  timeoutSeconds?: number;
  selinuxRole?: string;
  selinuxType?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  notBefore?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  notAfter?: string;
}
/**
 * One command of sudoers(5), unescaped.
 */
export interface SudoCommand {
  /**
   * ALL, sudoedit, or an absolute path, where shell wildcards and a final slash for a whole folder are allowed.
   */
  command: string;
  /**
   * Arguments as one string of printable ASCII; empty means that no arguments are allowed; absent means any.
   */
  arguments?: string;
  negated?: boolean;
  /**
   * @maxItems 16
   */
  digests?: string[];
}
/**
 * This interface was referenced by `GuestConfiguration`'s JSON-Schema
 * via the `definition` "file".
 */
export interface GuestFile {
  /**
   * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
   */
  path: string;
  /**
   * Permission bits as four octal digits. Set-user-id and set-group-id are not allowed.
   */
  mode: string;
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  owner: string;
  /**
   * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
   */
  group: string;
  /**
   * UTF-8 text, written as it is.
   */
  content: string;
}
/**
 * This interface was referenced by `GuestConfiguration`'s JSON-Schema
 * via the `definition` "script".
 */
export interface GuestScript {
  /**
   * Name of one file: no slash, not starting with a dot.
   */
  name: string;
  /**
   * SHA-256 in lower-case hexadecimal.
   */
  sha256: string;
  timeoutSeconds: number;
}
