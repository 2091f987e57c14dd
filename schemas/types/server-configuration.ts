/* Generated from schemas/v1/server-configuration.json by schemas/generate.ts. Do not edit. */

/**
 * Path of a file or folder.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "path".
 */
export type Path = string;
/**
 * Paths into NetBox's JSON of a virtual machine: `tenant.slug`, `custom_fields.NAME`, `config_context.KEY`. Of `creator` also `changelog`: who created the machine, by NetBox's change log. `platform` is what the operating system's family is told by.
 *
 * @maxItems 8
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "netboxFields".
 */
export type NetboxFields = string[];
/**
 * `vm.PATH`, `interface.PATH`, `address.PATH`, `prefix.PATH`, or `prefix.first-host`: the first host of the network, if NetBox has a prefix of it.
 *
 * @maxItems 8
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "netboxGateways".
 */
export type NetboxGateways = string[];
/**
 * Name of an LDAP attribute (RFC 4512, section 2.5), without options.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "attributeName".
 */
export type AttributeName = string;

/**
 * The metadata server's YAML configuration. Relative paths are relative to the file's folder.
 */
export interface ServerConfiguration {
  /**
   * Where the server listens.
   */
  listen?: {
    /**
     * IP address of the HTTP listener.
     */
    address?: string;
    /**
     * TCP port; 0 lets the kernel choose one.
     */
    port?: number;
    /**
     * Unix socket for the CLI on this host; who can open it (mode 0600) needs no token.
     */
    socket?: string;
    /**
     * Serve HTTPS. Without it only a loopback address is accepted.
     */
    tls?: {
      certificateFile: Path;
      keyFile: Path;
    };
  };
  /**
   * Where state is kept.
   */
  store: SqliteStoreConfiguration | PostgresStoreConfiguration;
  signing: {
    /**
     * Path of a file or folder.
     */
    keyFile: string;
  };
  /**
   * The CMDB. One adapter today.
   *
   * @minItems 1
   * @maxItems 1
   */
  inventories: (FileInventoryConfiguration | NetboxInventoryConfiguration)[];
  /**
   * Where accounts, groups and sudoRoles come from.
   */
  directory: LdapDirectoryConfiguration | EmbeddedDirectoryConfiguration;
  policy: {
    /**
     * Policy files, in order.
     *
     * @minItems 1
     * @maxItems 1000
     */
    files: Path[];
    /**
     * Accounts and groups with lower numbers are refused.
     */
    minimumUid?: number;
  };
  drive?: {
    /**
     * Path of a file or folder.
     */
    cacheFolder?: string;
    cacheLimitMiB?: number;
    /**
     * Path of a file or folder.
     */
    payloadFolder?: string;
    buildTimeoutSeconds?: number;
    /**
     * Images built at once.
     */
    concurrency?: number;
  };
  sync?: {
    /**
     * 0: only on demand.
     */
    intervalSeconds?: number;
  };
  log?: {
    level?: 'fatal' | 'error' | 'warn' | 'info' | 'debug';
  };
}
export interface SqliteStoreConfiguration {
  kind: 'sqlite';
  /**
   * Path of a file or folder.
   */
  path: string;
}
export interface PostgresStoreConfiguration {
  kind: 'postgres';
  /**
   * Host name, address, or folder of the Unix socket.
   */
  host: string;
  port?: number;
  database: string;
  user: string;
  passwordFile?: Path;
  /**
   * Path of a file or folder.
   */
  caFile?: string;
  poolSize?: number;
}
export interface FileInventoryConfiguration {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  kind: 'file';
  /**
   * Path of a file or folder.
   */
  path: string;
}
export interface NetboxInventoryConfiguration {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  kind: 'netbox';
  /**
   * Root of NetBox, https://; plain http:// only for this machine.
   */
  url: string;
  /**
   * Path of a file or folder.
   */
  tokenFile: string;
  /**
   * Path of a file or folder.
   */
  caFile?: string;
  /**
   * Which virtual machines, as parameters of NetBox's list: `{ status: [active, staged], tag: ubugi }`. All if absent.
   */
  filter?: {
    [k: string]: string | string[];
  };
  /**
   * Where the fields of an instance stand. Each list is an order of precedence of paths into NetBox's JSON of the virtual machine.
   */
  mapping?: {
    /**
     * The UUID: `serial` (the default) and `custom_fields.NAME`.
     *
     * @minItems 1
     * @maxItems 8
     */
    id?: string[];
    name?: NetboxFields;
    hostname?: NetboxFields;
    domain?: NetboxFields;
    project?: NetboxFields;
    owner?: NetboxFields;
    creator?: NetboxFields;
    createdAt?: NetboxFields;
    site?: NetboxFields;
    availabilityZone?: NetboxFields;
    hypervisor?: NetboxFields;
    platform?: NetboxFields;
    /**
     * Family of a platform, the first pattern (with `*`) that matches. They go before the built-in ones.
     *
     * @maxItems 256
     */
    osFamilies?: {
      platform: string;
      family: 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';
    }[];
    /**
     * Family where the platform says nothing; such a machine is refused if absent.
     */
    defaultOsFamily?: 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';
    gateway4?: NetboxGateways;
    gateway6?: NetboxGateways;
  };
  connectTimeoutSeconds?: number;
  operationTimeoutSeconds?: number;
  pageSize?: number;
}
export interface LdapDirectoryConfiguration {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  kind: 'ldap';
  /**
   * ldaps:// URL; plain ldap:// only for a loopback address, or with startTls.
   */
  url: string;
  /**
   * Go on in TLS before anything else is said on an ldap:// URL. Name and certificate are checked as for ldaps://, which is to be preferred.
   */
  startTls?: boolean;
  /**
   * Path of a file or folder.
   */
  caFile?: string;
  bindDn?: string;
  passwordFile?: Path;
  baseDn: string;
  /**
   * How accounts and groups are kept. rfc2307: posixAccount, posixGroup with memberUid. rfc2307bis: groups with DNs of members, nested. ad: Active Directory. freeipa: FreeIPA and Red Hat IdM.
   */
  schema?: 'rfc2307' | 'rfc2307bis' | 'ad' | 'freeipa';
  /**
   * Attributes that are spelled otherwise than the schema does, by their names in RFC 2307.
   */
  attributes?: {
    account?: AccountAttributeNames;
    group?: GroupAttributeNames;
  };
  /**
   * Where the schema keeps them below baseDn if absent (baseDn itself but for freeipa); so for the three that follow.
   */
  accountsBaseDn?: string;
  groupsBaseDn?: string;
  netgroupsBaseDn?: string;
  sudoersBaseDn?: string;
  connectTimeoutSeconds?: number;
  operationTimeoutSeconds?: number;
  pageSize?: number;
}
export interface AccountAttributeNames {
  uid?: AttributeName;
  cn?: AttributeName;
  uidNumber?: AttributeName;
  gidNumber?: AttributeName;
  gecos?: AttributeName;
  homeDirectory?: AttributeName;
  loginShell?: AttributeName;
  sshPublicKey?: AttributeName;
}
export interface GroupAttributeNames {
  cn?: AttributeName;
  gidNumber?: AttributeName;
  memberUid?: AttributeName;
  member?: AttributeName;
}
export interface EmbeddedDirectoryConfiguration {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  kind: 'embedded';
  /**
   * Path of a file or folder.
   */
  ldifFile: string;
  baseDn: string;
}
