/* Generated from schemas/v1/common.json by schemas/generate.ts. Do not edit. */

/**
 * UUID in lower case (RFC 9562).
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "uuid".
 */
export type Uuid = string;
/**
 * Display name of an instance: letters, digits, dot, underscore and hyphen.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "instanceName".
 */
export type InstanceName = string;
/**
 * One DNS label in lower case (RFC 1123), what sethostname(2) gets.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "hostLabel".
 */
export type HostLabel = string;
/**
 * DNS name in lower case, without the final dot (RFC 1123).
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "domainName".
 */
export type DomainName = string;
/**
 * Name of an account or group as useradd(8) and sudoers(5) take it without escapes.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "accountName".
 */
export type AccountName = string;
/**
 * uidNumber or gidNumber. 0 is root, 65534 and 65535 are nobody and the 16-bit overflow, 2^32-2 and 2^32-1 are reserved by the kernel.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "numericId".
 */
export type NumericId = number;
/**
 * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "text".
 */
export type Text = string;
/**
 * GECOS field of passwd(5): one line of text without colon, comma and what reads like a directive elsewhere.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "gecos".
 */
export type Gecos = string;
/**
 * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "label".
 */
export type Label = string;
/**
 * Unicast MAC address in lower case with colons.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "mac".
 */
export type Mac = string;
/**
 * IPv4 or IPv6 address without zone.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "ipAddress".
 */
export type IpAddress = string;
/**
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "ipv4Address".
 */
export type Ipv4Address = string;
/**
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "ipv6Address".
 */
export type Ipv6Address = string;
/**
 * Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "cidr".
 */
export type Cidr = string;
/**
 * A server by DNS name or IP address.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "serverName".
 */
export type ServerName = DomainName | IpAddress;
/**
 * Bytes.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "mtu".
 */
export type Mtu = number;
/**
 * Absolute path without `.` and `..` segments, double slashes, blanks and characters that any shell, sudoers or passwd treats specially.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "absolutePath".
 */
export type AbsolutePath = string;
/**
 * Name of one file: no slash, not starting with a dot.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "fileName".
 */
export type FileName = string;
/**
 * Permission bits as four octal digits. Set-user-id and set-group-id are not allowed.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "mode".
 */
export type Mode = string;
/**
 * UTC time (RFC 3339, section 5.6) ending in Z.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "timestamp".
 */
export type Timestamp = string;
/**
 * SHA-256 in lower-case hexadecimal.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sha256".
 */
export type Sha256 = string;
/**
 * Number of a generation, from 1.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "generation".
 */
export type Generation = number;
/**
 * Address, network, or pattern (* and ?) of addresses or host names (ssh_config(5), PATTERNS), possibly negated.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "keyOrigin".
 */
export type KeyOrigin = string;
/**
 * User list member of sudoers(5): name, %group, #uid, %#gid or ALL, each possibly negated. Netgroups are expanded on the server.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoUser".
 */
export type SudoUser = string;
/**
 * Runas group member of sudoers(5).
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoGroup".
 */
export type SudoGroup = string;
/**
 * Tag of sudoers(5), Tag_Spec.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoTag".
 */
export type SudoTag =
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
  | 'NOFOLLOW';
/**
 * Kernel name of a link that the guest makes (at most 15 characters), such as `bond0.40`.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "linkName".
 */
export type LinkName = string;

/**
 * Values that several schemas share. Every pattern is an allow-list: what it does not name is refused.
 */
export interface Common {}
/**
 * An OpenSSH public key (sshd(8), AUTHORIZED_KEYS FILE FORMAT). Options stand apart from the key, never in it.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "publicKey".
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
   */
  from?: KeyOrigin[];
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
 * Options of a public key (sshd(8), AUTHORIZED_KEYS FILE FORMAT) that only take away. What is not here, such as cert-authority, environment, permitopen, principals and tunnel, is refused.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "keyOptions".
 */
export interface KeyOptions1 {
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
   */
  from?: KeyOrigin[];
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
 * One command of sudoers(5), unescaped.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoCommand".
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
 * One setting for all of sudo on the guest, a `Defaults` line of sudoers(5). Options that are not here are refused.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoDefault".
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
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "sudoRule".
 */
export interface SudoRule {
  /**
   * The sudoRole's or the policy rule's name, written as a comment.
   */
  role: string;
  /**
   * @minItems 1
   * @maxItems 10000
   */
  users: SudoUser[];
  /**
   * Absent: root. Present and empty: the invoking user.
   *
   * @maxItems 1000
   */
  runAsUsers?: SudoUser[];
  /**
   * @maxItems 1000
   */
  runAsGroups?: SudoGroup[];
  /**
   * @minItems 1
   * @maxItems 1000
   */
  commands: SudoCommand[];
  /**
   * @maxItems 14
   */
  tags?: SudoTag[];
  cwd?: AbsolutePath;
  chroot?: AbsolutePath;
  timeoutSeconds?: number;
  selinuxRole?: string;
  selinuxType?: string;
  notBefore?: Timestamp;
  notAfter?: Timestamp;
}
/**
 * A route besides the default one.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "route".
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
 * One network interface, matched by MAC address.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "networkInterface".
 */
export interface NetworkInterface {
  /**
   * Name in the CMDB; the guest matches by MAC and keeps its own kernel name.
   */
  name?: string;
  mac: Mac;
  mtu?: Mtu;
  /**
   * @maxItems 64
   */
  addresses?: Cidr[];
  gateway4?: Ipv4Address;
  gateway6?: Ipv6Address;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A bond of several interfaces (Linux bonding driver). Its members carry no addresses of their own.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "bond".
 */
export interface Bond {
  name: LinkName;
  mode:
    'balance-rr' | 'active-backup' | 'balance-xor' | 'broadcast' | '802.3ad' | 'balance-tlb' | 'balance-alb';
  /**
   * MAC addresses of interfaces of the same machine.
   *
   * @minItems 1
   * @maxItems 16
   */
  members: Mac[];
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
  mtu?: Mtu;
  /**
   * @maxItems 64
   */
  addresses?: Cidr[];
  gateway4?: Ipv4Address;
  gateway6?: Ipv6Address;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A VLAN (IEEE 802.1Q) on an interface or a bond.
 *
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "vlan".
 */
export interface Vlan {
  name: LinkName;
  id: number;
  /**
   * What it lies on: MAC address of an interface, or name of a bond.
   */
  link: Mac | LinkName;
  mtu?: Mtu;
  /**
   * @maxItems 64
   */
  addresses?: Cidr[];
  gateway4?: Ipv4Address;
  gateway6?: Ipv6Address;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "dns".
 */
export interface Dns {
  /**
   * @maxItems 16
   */
  servers?: IpAddress[];
  /**
   * @maxItems 32
   */
  search?: DomainName[];
}
/**
 * This interface was referenced by `Common`'s JSON-Schema
 * via the `definition` "ntp".
 */
export interface Ntp {
  /**
   * @maxItems 16
   */
  servers?: ServerName[];
  /**
   * @maxItems 16
   */
  pools?: DomainName[];
}
