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
 * Names (cn) of sudoRole entries; * allowed.
 *
 * @minItems 1
 * @maxItems 1000
 */
export type Patterns2 = Pattern[];

/**
 * Who and what belongs on which guest. One or many YAML files; several files are joined in the order of the configuration.
 */
export interface Policy {
  defaults?: SitePolicy;
  /**
   * Settings by site, keyed by the CMDB's site name.
   */
  sites?: {
    [k: string]: SitePolicy;
  };
  /**
   * Who gets an account where. All rules that match an instance count together; for shell the first that names one.
   *
   * @maxItems 10000
   */
  access?: AccessRule[];
  /**
   * Which sudoRoles of the directory apply where. A role's own sudoHost must match too.
   *
   * @maxItems 10000
   */
  sudo?: SudoSelection[];
  /**
   * @maxItems 1000
   */
  files?: PolicyFile[];
  /**
   * Run in this order after all else.
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
   * DNS name in lower case, without the final dot (RFC 1123).
   */
  domain?: string;
  dns?: Dns;
  ntp?: Ntp;
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
 * via the `definition` "sudoSelection".
 */
export interface SudoSelection {
  name: RuleName;
  match?: InstanceMatch;
  roles: Patterns2;
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
  content: string;
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
}
