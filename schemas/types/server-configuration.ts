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
 * Paths into NetBox's JSON of a virtual machine: `tenant.slug`, `custom_fields.NAME`, `config_context.KEY`. Of `creator` also `changelog`: who created the machine, by NetBox's change log. `platform` is what the operating system's family is told by.
 *
 * @maxItems 8
 */
export type NetboxFields1 = string[];
/**
 * As for gateways: `vm.PATH`, or `interface.PATH`, `address.PATH` or `prefix.PATH` of the machine's default route. A list, or a text with commas or blanks between the values.
 *
 * @maxItems 8
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "netboxServers".
 */
export type NetboxServers = string[];
/**
 * Name of an HTTP header (RFC 9110).
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpHeader".
 */
export type HttpHeader = string;
/**
 * How the list goes on. Placeholders in the request: {offset} and {limit}, {page} and {limit}, or {cursor}. The order must be fixed by a unique field.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpJsonPaging".
 */
export type HttpJsonPaging =
  | HttpJsonNoPaging
  | HttpJsonOffsetPaging
  | HttpJsonPagePaging
  | HttpJsonCursorPaging
  | HttpJsonLinkPaging
  | HttpJsonNextPaging;
/**
 * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "jsonataExpression".
 */
export type JsonataExpression = string;
/**
 * @minItems 1
 * @maxItems 16
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "inventoryNames".
 *
 * Items: Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
 */
export type InventoryNames = string[];
/**
 * Bonds and VLANs come with them.
 *
 * @minItems 1
 * @maxItems 16
 *
 * Items: Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
 */
export type InventoryNames1 = string[];
/**
 * Name of an LDAP attribute (RFC 4512, section 2.5), without options.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "attributeName".
 */
export type AttributeName = string;
/**
 * Name or id in Keystone.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "keystoneName".
 */
export type KeystoneName = string;
/**
 * Name or id in Keystone.
 */
export type KeystoneName1 = string;
/**
 * Name or id in Keystone.
 */
export type KeystoneName2 = string;
/**
 * Name or id in Keystone.
 */
export type KeystoneName3 = string;
/**
 * Name or id in Keystone.
 */
export type KeystoneName4 = string;
/**
 * Name or id in Keystone.
 */
export type KeystoneName5 = string;
/**
 * JSON pointer (RFC 6901); empty for the whole value.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "jsonPointer".
 */
export type JsonPointer = string;

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
   * The CMDBs; several are joined by UUID. The first is the authoritative one, and gives its name to all.
   *
   * @minItems 1
   * @maxItems 16
   */
  inventories: (FileInventoryConfiguration | NetboxInventoryConfiguration | HttpJsonInventoryConfiguration)[];
  /**
   * How several inventories are joined. By default in their order.
   */
  inventoryPrecedence?: {
    /**
     * first: an instance is what the first inventory lists. any: what one of them lists.
     */
    lists?: 'first' | 'any';
    /**
     * Names of inventories by field, those to ask first; the others follow in their order.
     */
    fields?: {
      name?: InventoryNames;
      hostname?: InventoryNames;
      domain?: InventoryNames;
      project?: InventoryNames;
      owner?: InventoryNames;
      creator?: InventoryNames;
      createdAt?: InventoryNames;
      site?: InventoryNames;
      availabilityZone?: InventoryNames;
      osFamily?: InventoryNames;
      hypervisor?: InventoryNames;
      tags?: InventoryNames;
      interfaces?: InventoryNames1;
      userData?: InventoryNames;
      dns?: InventoryNames;
      ntp?: InventoryNames;
    };
  };
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
     * Seconds from the end of one run to the start of the next; 0: only on demand.
     */
    intervalSeconds?: number;
    /**
     * The first run that is due so long after the last whole one reads CMDB and directory whole; those between read what changed. 0: every run reads whole. The first run after a start does in any case.
     */
    fullIntervalSeconds?: number;
    /**
     * Seconds from a webhook to the run that it causes. Webhooks that come meanwhile cause no other.
     */
    hintDelaySeconds?: number;
    /**
     * Seconds that a hypervisor waits at most while an instance which it boots before any sync has seen it is looked up in the CMDB; 0: it is not looked up.
     */
    lookupSeconds?: number;
    /**
     * What a run may take away by itself. Beyond it nothing is changed until a person syncs with --override-guard REASON.
     */
    guard?: {
      instances?: RemovalBoundsConfiguration;
      accounts?: RemovalBoundsConfiguration1;
      adminMembers?: RemovalBoundsConfiguration2;
      /**
       * Groups that must not become empty, by name or pattern with *. Without it: wheel, sudo, admin, admins.
       *
       * @maxItems 1000
       *
       * Items: A literal, or a pattern with * for any characters.
       */
      adminGroups?: string[];
    };
  };
  /**
   * What others may tell the server to sync soon. None if absent.
   */
  webhooks?: {
    /**
     * Webhooks of NetBox, sent to /v1/webhooks/netbox.
     */
    netbox?: {
      /**
       * Path of a file or folder.
       */
      secretFile: string;
      /**
       * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
       */
      inventory?: string;
    };
  };
  /**
   * Who may ask for vendor-data as Nova does (POST /v1/vendordata/nova) with a token of Keystone. Absent: only bearer tokens of this server count there.
   */
  nova?: {
    /**
     * Roles of which the caller must have one in the project or system that its token is for.
     *
     * @minItems 1
     * @maxItems 16
     */
    callerRoles?: KeystoneName[];
    callerProject?: KeystoneName1;
    /**
     * The Keystone that gave the caller its token, and our own account there. The account needs one of the roles service and admin, or reader on the system, to look at other people's tokens.
     */
    keystone: {
      /**
       * Base URL of the identity API, ending in /v3; plain http:// only for a loopback address.
       */
      url: string;
      /**
       * Path of a file or folder.
       */
      caFile?: string;
      user: KeystoneName2;
      userDomain?: KeystoneName3;
      /**
       * Path of a file or folder.
       */
      passwordFile: string;
      project?: KeystoneName4;
      projectDomain?: KeystoneName5;
      /**
       * Seconds for which a token that was found good is not asked about again: so long a token that is revoked meanwhile still counts.
       */
      cacheSeconds?: number;
      /**
       * Seconds for one request. Nova waits five for the whole answer.
       */
      timeoutSeconds?: number;
    };
  };
  /**
   * How guests send their reports, and how many of them are kept.
   */
  reporting?: {
    /**
     * URL under which guests reach this server, https://HOST[:PORT][/PATH]; http:// with a loopback address only. Drives then carry it with a one-time token, and a guest that has curl or wget sends its reports there. Absent: reports come through the hypervisor only.
     */
    url?: string;
    /**
     * Path of a file or folder.
     */
    caFile?: string;
    /**
     * Newest reports that are kept of each instance; older ones are deleted.
     */
    keep?: number;
  };
  /**
   * Which host gets the drive of which instance.
   */
  placement?: {
    /**
     * Instances that a hypervisor may claim by starting them: none; unplaced: those for which the CMDB names no host; any. A hypervisor that is broken into gets the drives of all that it may claim.
     */
    claims?: 'none' | 'unplaced' | 'any';
    /**
     * Minutes without a heartbeat after which a hypervisor counts as stale.
     */
    staleMinutes?: number;
    /**
     * Hypervisors that may wait for changes at one server at a time. Each keeps a connection open.
     */
    waitingPolls?: number;
  };
  /**
   * Whose exports are imported.
   */
  exchange?: {
    /**
     * Path of a file or folder.
     */
    trustedSigners?: string;
  };
  /**
   * What becomes of instances that the CMDB does not list any more.
   */
  removal?: {
    /**
     * Days after which their drives leave the cache and their user-data, random seed and reports are deleted. Generations and events stay.
     */
    graceDays?: number;
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
    bonds?: NetboxFields1;
    dnsServers?: NetboxServers;
    dnsSearch?: NetboxServers;
    ntpServers?: NetboxServers;
  };
  /**
   * How far back a reading of changes goes behind the one before it. More than NetBox's longest transaction, such as a script or a bulk import.
   */
  changeOverlapSeconds?: number;
  /**
   * How long NetBox keeps its change log (`CHANGELOG_RETENTION`; 0 there is 3650 here). After a longer pause everything is read.
   */
  changeLogDays?: number;
  connectTimeoutSeconds?: number;
  operationTimeoutSeconds?: number;
  pageSize?: number;
}
/**
 * Any CMDB that answers with JSON over HTTP: `list` asks for all instances, `lookup` for one by its UUID {id}, `lookupByName` for one by its {name} (without them the whole list is read).
 */
export interface HttpJsonInventoryConfiguration {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  kind: 'http-json';
  /**
   * Where its API starts, https://; plain http:// only for this machine.
   */
  url: string;
  /**
   * Path of a file or folder.
   */
  caFile?: string;
  /**
   * Certificate to show to the server, in PEM.
   */
  clientCertificate?: {
    certificateFile: Path;
    keyFile: Path;
  };
  /**
   * None if absent. Secrets stand alone in files that only the server can read.
   */
  authentication?: HttpJsonBasicAuthentication | HttpJsonBearerAuthentication | HttpJsonHeaderAuthentication;
  list: HttpJsonRequest;
  lookup?: HttpJsonRequest;
  lookupByName?: HttpJsonRequest;
  changes?: HttpJsonChanges;
  /**
   * Where a record has what names it in the CMDB.
   */
  key: string;
  /**
   * Page of a record for people, with {key}; for explain and messages.
   */
  recordUrl?: string;
  /**
   * Further lists; the mapping sees the records that belong to an instance as $NAME.
   */
  related?: {
    [k: string]: HttpJsonRelated;
  };
  mapping: HttpJsonMapping;
  connectTimeoutSeconds?: number;
  operationTimeoutSeconds?: number;
}
export interface HttpJsonBasicAuthentication {
  kind: 'basic';
  user: string;
  passwordFile: Path;
}
export interface HttpJsonBearerAuthentication {
  kind: 'bearer';
  /**
   * Word before the token.
   */
  scheme?: string;
  tokenFile: Path;
}
export interface HttpJsonHeaderAuthentication {
  kind: 'header';
  header: HttpHeader;
  valueFile: Path;
}
/**
 * How to ask for records. Strings in path, query, form and json may hold placeholders.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpJsonRequest".
 */
export interface HttpJsonRequest {
  /**
   * Below url.
   */
  path?: string;
  method?: 'GET' | 'POST';
  /**
   * Parameters of the URL.
   */
  query?: {
    [k: string]: string;
  };
  /**
   * Body of a POST as application/x-www-form-urlencoded; an object is sent as JSON text.
   */
  form?: {
    [k: string]:
      | string
      | {
          [k: string]: unknown;
        };
  };
  /**
   * Body of a POST as application/json. A text that is one numeric placeholder becomes a number.
   */
  json?: {
    [k: string]: unknown;
  };
  /**
   * Where the records stand in the answer.
   */
  records: string;
  /**
   * list: an array of records. map: an object whose values are records, null if there are none. one: a record, null if there is none.
   */
  as?: 'list' | 'map' | 'one';
  /**
   * What an answer that is no error says.
   */
  success?: {
    /**
     * Where it says so.
     */
    at: string;
    /**
     * The value.
     */
    equals: string | number | boolean;
  };
  paging?: HttpJsonPaging;
}
/**
 * All in one answer.
 */
export interface HttpJsonNoPaging {
  kind: 'none';
}
/**
 * By {offset} from 0, which overlap so that a list that moves is noticed.
 */
export interface HttpJsonOffsetPaging {
  kind: 'offset';
  /**
   * Records asked for at once: what {limit} stands for.
   */
  size?: number;
  /**
   * Where the answer says how many records there are: a JSON pointer, or the name of a header. The list is read again if it changes meanwhile.
   */
  total?: string;
}
/**
 * By {page}.
 */
export interface HttpJsonPagePaging {
  kind: 'page';
  /**
   * Records asked for at once: what {limit} stands for.
   */
  size?: number;
  /**
   * Number of the first page.
   */
  first?: number;
  /**
   * Where the answer says how many records there are: a JSON pointer, or the name of a header. The list is read again if it changes meanwhile.
   */
  total?: string;
}
/**
 * By a {cursor} that each answer gives; parameters that are it alone are left out at first.
 */
export interface HttpJsonCursorPaging {
  kind: 'cursor';
  /**
   * Records asked for at once: what {limit} stands for.
   */
  size?: number;
  /**
   * Where the next cursor stands; absent, null or empty at the end.
   */
  at: string;
}
/**
 * By the Link header with rel="next" (RFC 8288), to the same server only.
 */
export interface HttpJsonLinkPaging {
  kind: 'link';
  /**
   * Records asked for at once: what {limit} stands for.
   */
  size?: number;
  /**
   * Where the answer says how many records there are: a JSON pointer, or the name of a header. The list is read again if it changes meanwhile.
   */
  total?: string;
}
/**
 * By a URL that each answer gives, to the same server only.
 */
export interface HttpJsonNextPaging {
  kind: 'next';
  /**
   * Records asked for at once: what {limit} stands for.
   */
  size?: number;
  /**
   * Where the URL stands; absent, null or empty at the end.
   */
  at: string;
  /**
   * Where the answer says how many records there are: a JSON pointer, or the name of a header. The list is read again if it changes meanwhile.
   */
  total?: string;
}
/**
 * How to read no more than what changed. Each list of `touched` gives keys of instances that may have changed or gone since {since}; `lookup` then gives those that are there.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpJsonChanges".
 */
export interface HttpJsonChanges {
  /**
   * How {since} is written. iso: 2026-01-02T03:04:05Z. sql: 2026-01-02 03:04:05 in `timeZone`. seconds and milliseconds: since 1970.
   */
  since?: 'iso' | 'sql' | 'seconds' | 'milliseconds';
  /**
   * Time zone of `sql`, such as Europe/Berlin.
   */
  timeZone?: string;
  /**
   * How far a reading goes back beyond the one before: what the CMDB commits late, and its clocks differ.
   */
  overlapSeconds?: number;
  /**
   * After a longer pause all is read: as long as the CMDB surely remembers deletions.
   */
  maximumAgeHours?: number;
  /**
   * Lists of instances, of what belongs to them, of change logs or of deletions, each with {since}. Their names are for people.
   */
  touched: {
    [k: string]: HttpJsonTouched;
  };
  lookup: HttpJsonRequest1;
  /**
   * Keys asked for at once.
   */
  batchSize?: number;
}
/**
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpJsonTouched".
 */
export interface HttpJsonTouched {
  list: HttpJsonRequest;
  /**
   * Where such a record names its instance, by what the instance has at the inventory's `key`. A record without it is passed over.
   */
  key: string;
}
/**
 * How to ask for records. Strings in path, query, form and json may hold placeholders.
 */
export interface HttpJsonRequest1 {
  /**
   * Below url.
   */
  path?: string;
  method?: 'GET' | 'POST';
  /**
   * Parameters of the URL.
   */
  query?: {
    [k: string]: string;
  };
  /**
   * Body of a POST as application/x-www-form-urlencoded; an object is sent as JSON text.
   */
  form?: {
    [k: string]:
      | string
      | {
          [k: string]: unknown;
        };
  };
  /**
   * Body of a POST as application/json. A text that is one numeric placeholder becomes a number.
   */
  json?: {
    [k: string]: unknown;
  };
  /**
   * Where the records stand in the answer.
   */
  records: string;
  /**
   * list: an array of records. map: an object whose values are records, null if there are none. one: a record, null if there is none.
   */
  as?: 'list' | 'map' | 'one';
  /**
   * What an answer that is no error says.
   */
  success?: {
    /**
     * Where it says so.
     */
    at: string;
    /**
     * The value.
     */
    equals: string | number | boolean;
  };
  paging?: HttpJsonPaging;
}
/**
 * Records of another list that belong to instances. `lookup` asks for those of one instance, where {key} is its value at `of`.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "httpJsonRelated".
 */
export interface HttpJsonRelated {
  list: HttpJsonRequest;
  lookup?: HttpJsonRequest;
  /**
   * Where such a record names its instance.
   */
  key: string;
  /**
   * Where the instance has that name.
   */
  of: string;
}
/**
 * JSONata expressions over a record, one a field of schemas/v1/instance-record.json. Nothing, null and "" leave the field out.
 */
export interface HttpJsonMapping {
  id: JsonataExpression;
  name: JsonataExpression;
  hostname?: JsonataExpression;
  domain?: JsonataExpression;
  project?: JsonataExpression;
  owner?: JsonataExpression;
  creator?: JsonataExpression;
  createdAt?: JsonataExpression;
  site?: JsonataExpression;
  availabilityZone?: JsonataExpression;
  osFamily: JsonataExpression;
  hypervisor?: JsonataExpression;
  tags?: JsonataExpression;
  interfaces?: JsonataExpression;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  bonds?: string;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  vlans?: string;
  userData?: JsonataExpression;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  dns?: string;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  ntp?: string;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  changedBy?: string;
  /**
   * JSONata 2. Without $eval, $now, $millis, $random and $shuffle.
   */
  changedAt?: string;
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
  /**
   * How long only what changed is read, before everything is read again. 0: everything, always.
   */
  wholeReadingSeconds?: number;
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
/**
 * A single removal always passes.
 *
 * This interface was referenced by `ServerConfiguration`'s JSON-Schema
 * via the `definition` "removalBounds".
 */
export interface RemovalBoundsConfiguration {
  /**
   * Share of what is known, 0 to 1: reaching it stops the run. 0.5 if absent.
   */
  share?: number;
  /**
   * So many pass, whatever the percentage. 5 if absent.
   */
  floor?: number;
  /**
   * More than this percentage stops the run. 5 if absent.
   */
  percent?: number;
  /**
   * More than this many stop the run, whatever the percentage. 500 if absent.
   */
  ceiling?: number;
}
/**
 * A single removal always passes.
 */
export interface RemovalBoundsConfiguration1 {
  /**
   * Share of what is known, 0 to 1: reaching it stops the run. 0.5 if absent.
   */
  share?: number;
  /**
   * So many pass, whatever the percentage. 5 if absent.
   */
  floor?: number;
  /**
   * More than this percentage stops the run. 5 if absent.
   */
  percent?: number;
  /**
   * More than this many stop the run, whatever the percentage. 500 if absent.
   */
  ceiling?: number;
}
/**
 * A single removal always passes.
 */
export interface RemovalBoundsConfiguration2 {
  /**
   * Share of what is known, 0 to 1: reaching it stops the run. 0.5 if absent.
   */
  share?: number;
  /**
   * So many pass, whatever the percentage. 5 if absent.
   */
  floor?: number;
  /**
   * More than this percentage stops the run. 5 if absent.
   */
  percent?: number;
  /**
   * More than this many stop the run, whatever the percentage. 500 if absent.
   */
  ceiling?: number;
}
