/* Generated from schemas/v1/api.json by schemas/generate.ts. Do not edit. */

/**
 * Section of a guest configuration.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "section".
 */
export type Section =
  | 'instance'
  | 'hostname'
  | 'network'
  | 'dns'
  | 'ntp'
  | 'failure'
  | 'guest'
  | 'groups'
  | 'accounts'
  | 'keys'
  | 'sudo'
  | 'files'
  | 'scripts';
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "regenerateRequest".
 */
export type RegenerateRequest = {
  /**
   * UUIDs or unambiguous names.
   *
   * @minItems 1
   * @maxItems 10000
   */
  instances?: string[];
  /**
   * Selection such as {"site": "tokyo-1"}.
   */
  where?: {
    [k: string]: string;
  };
  all?: true;
  dryRun?: boolean;
  /**
   * A new generation even where content is the same.
   */
  force?: boolean;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
  /**
   * Go back to a generation: each instance gets a new one with the own part, files and scripts of this one and today's accounts, groups and sudo rules, and keeps them so until a regenerate without `to`.
   */
  to?: number;
  /**
   * In stages: so many instances first, and the others only when all of them have applied it. Any failure there halts the rollout.
   */
  canary?: number;
  /**
   * In stages: so many instances at a time; all that are left if absent.
   */
  batch?: number;
  /**
   * In stages: halt when so many instances have failed, or when more than this share of those that were changed have; 5% if absent.
   */
  haltAfter?: string;
  /**
   * In stages: how long a stage waits for its reports; 900 if absent.
   */
  batchTimeoutSeconds?: number;
} & RegenerateRequest1;
export type RegenerateRequest1 = {
  [k: string]: unknown;
};
/**
 * What Nova writes into vendor_data2.json under the name of its target.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "novaVendorData".
 */
export type NovaVendorData =
  | {
      /**
       * A cloud-config.
       */
      'cloud-init'?: string;
      /**
       * Number of a generation, from 1.
       */
      generation?: number;
      hostname?: string;
      /**
       * As in the guest configuration: who the machine is, whose it is, who created it and when.
       */
      instance?: {
        [k: string]: unknown;
      };
    }
  | string;
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "replayRequest".
 */
export type ReplayRequest = {
  /**
   * UUIDs or unambiguous names.
   *
   * @minItems 1
   * @maxItems 10000
   */
  instances?: string[];
  /**
   * Selection such as {"hypervisor": "hv-07"}: all instances of a lost host.
   */
  where?: {
    [k: string]: string;
  };
  /**
   * Number of a generation, from 1.
   */
  generation?: number;
  /**
   * 24 if absent.
   */
  hours?: number;
  dryRun?: boolean;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
} & ReplayRequest1;
export type ReplayRequest1 = {
  [k: string]: unknown;
};
/**
 * What a regenerate has started: a run, or a rollout where it is made in stages.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "regenerateStarted".
 */
export type RegenerateStarted = SyncRun | Rollout;
/**
 * `join`: for one host, to get its credential once.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "role".
 */
export type Role = 'viewer' | 'operator' | 'hypervisor' | 'nova' | 'admin' | 'join';

/**
 * Bodies of the HTTP API, version 1.
 */
export interface Api {
  problem?: Problem;
  instanceList?: InstanceList;
  instanceDetail?: InstanceDetail;
  generationList?: GenerationList;
  generationDiff?: GenerationDiff;
  explanation?: Explanation;
  timeline?: Timeline;
  regenerateRequest?: RegenerateRequest;
  baseDriveFiles?: BaseDriveFiles;
  novaRequest?: NovaRequest;
  novaVendorData?: NovaVendorData;
  instanceRegenerateRequest?: InstanceRegenerateRequest;
  syncRequest?: SyncRequest;
  replayRequest?: ReplayRequest;
  instanceReplayRequest?: InstanceReplayRequest;
  replayOutcome?: ReplayOutcome;
  replayReport?: ReplayReport;
  exportedInstance?: ExportedInstance;
  importRequest?: ImportRequest;
  importReport?: ImportReport;
  policyTrialRequest?: PolicyTrialRequest;
  syncRun?: SyncRun;
  syncRunList?: SyncRunList;
  runProgress?: RunProgress;
  rollout?: Rollout;
  regenerateStarted?: RegenerateStarted;
  rolloutList?: RolloutList;
  rolloutInstanceList?: RolloutInstanceList;
  rolloutAction?: RolloutAction;
  webhookReceipt?: WebhookReceipt;
  reportReceipt?: ReportReceipt;
  eventList?: EventList;
  hypervisorList?: HypervisorList;
  hypervisorDetail?: HypervisorDetail;
  heartbeat?: Heartbeat;
  hostChanges?: HostChanges;
  placementRequest?: PlacementRequest;
  placementGrant?: PlacementGrant;
  tokenRequest?: TokenRequest;
  tokenCreated?: TokenCreated;
  tokenList?: TokenList;
}
/**
 * RFC 9457 problem details. `problems` lists every wrong record or field.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "problem".
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  code: string;
  problems?: RecordProblem[];
  [k: string]: unknown;
}
/**
 * One thing that is wrong with one record.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "recordProblem".
 */
export interface RecordProblem {
  /**
   * Name of the inventory, directory or file.
   */
  source: string;
  /**
   * Which record: UUID and line, or DN.
   */
  record: string;
  field: string;
  message: string;
  remedy: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceList".
 */
export interface InstanceList {
  instances: InstanceSummary[];
  /**
   * Cursor of the next page, for `after`.
   */
  next: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceSummary".
 */
export interface InstanceSummary {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  name: string;
  osFamily: string;
  project?: string;
  owner?: string;
  site?: string;
  hypervisor?: string;
  tags: string[];
  generation: GenerationState;
  removedAt: string | null;
  held?: Hold;
  /**
   * An older generation is replayed just now; absent: none.
   */
  replay?: {
    generation: number;
    /**
     * The host gets the newest generation from then on at the latest.
     */
    until: string;
  };
}
/**
 * Newest, attached and applied generation; null: none yet. pending = newest is not applied.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "generationState".
 */
export interface GenerationState {
  newest: number | null;
  attached: number | null;
  applied: number | null;
  pending: boolean;
  /**
   * current: the guest has applied the newest; failed: its newest report, or that of its hypervisor, says that the newest could not be brought in; not-attached: the hypervisor has not attached the newest yet; not-applied: attached, and the guest has not said yet that it applied it; none: there is no generation.
   */
  state: 'current' | 'not-attached' | 'not-applied' | 'failed' | 'none';
  failure?: GenerationFailure;
}
/**
 * The newest report that says that a generation failed, unless one of the same or a later generation came after it and says otherwise.
 */
export interface GenerationFailure {
  generation: number;
  /**
   * When it failed.
   */
  at: string;
  reason: string;
}
/**
 * What keeps an instance's own part (network, name servers, handling) and its files and scripts as they are in a generation. Accounts, groups and sudo rules are never held: they are always today's.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hold".
 */
export interface Hold {
  /**
   * rollout: it waits for its stage; rollback: it was taken back to a generation and stays there until a plain regenerate.
   */
  by: 'rollout' | 'rollback';
  /**
   * The generation whose parts are kept.
   */
  generation: number;
  /**
   * UUID in lower case (RFC 9562).
   */
  rollout?: string;
  actor: string;
  reason: string;
  since: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceDetail".
 */
export interface InstanceDetail {
  summary: InstanceSummary;
  record: InstanceRecord;
  /**
   * Inventory and record it came from.
   */
  source: {
    inventory: string;
    record: string;
  };
  firstSeenAt: string;
  lastReport: AgentReport | null;
  replay?: Replay;
  nova?: NovaRecord;
  /**
   * Why the newest record of the CMDB is not used.
   */
  quarantine?: RecordProblem[];
  /**
   * What of the newest generation a cloud-config cannot say (policy `guest: cloud-config`); absent if the guest gets it all.
   */
  inexpressible?: Inexpressible[];
}
/**
 * One VM as an inventory gives it, after mapping and before policy.
 */
export interface InstanceRecord {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  /**
   * Display name of an instance: letters, digits, dot, underscore and hyphen.
   */
  name: string;
  /**
   * Short host name; the first label of `name` in lower case if absent.
   */
  hostname?: string;
  /**
   * DNS domain; the site's if absent.
   */
  domain?: string;
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
   * When the machine was created.
   */
  createdAt?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  site?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  availabilityZone?: string;
  osFamily: 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  hypervisor?: string;
  /**
   * @maxItems 256
   *
   * Items: Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  tags: string[];
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
  dns?: Dns;
  ntp?: Ntp;
  /**
   * The instance's own user-data, in base64, put on the drive as it is.
   */
  userData?: string;
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
/**
 * Name servers and search domains of the machine's own, in place of those of its site.
 */
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
/**
 * Time servers of the machine's own, in place of those of its site.
 */
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
 * What the guest says it did with one generation, resource by resource. Never holds a secret.
 */
export interface AgentReport {
  schema: 'https://ubugi.dev/schemas/v1/agent-report.json';
  /**
   * UUID in lower case (RFC 9562).
   */
  instance: string;
  /**
   * Number of a generation, from 1.
   */
  generation: number;
  origin: 'guest' | 'hypervisor';
  /**
   * applied: something changed; unchanged: nothing had to; failed: something could not be done; refused: the drive was not accepted and nothing was touched; skipped: the drive is good, and policy leaves this guest to its own cloud-init; attached: the hypervisor put the drive in place.
   */
  outcome: 'applied' | 'unchanged' | 'failed' | 'refused' | 'skipped' | 'attached';
  /**
   * Why it failed, was refused or was skipped.
   */
  reason?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  startedAt: string;
  durationMs: number;
  agent?: {
    version: string;
    arch: string;
  };
  /**
   * Whether the drive's signature was checked against pinned signers.
   */
  verified?: boolean;
  /**
   * Why the agent ran. Absent: somebody called it.
   */
  trigger?: 'boot' | 'medium-change' | 'timer';
  /**
   * Media labelled config-2 that were not used, and why.
   *
   * @maxItems 32
   */
  refusedMedia?: {
    /**
     * Device or path.
     */
    medium: string;
    reason: string;
  }[];
  /**
   * Reports of earlier runs that were given up, because the server could not be reached for too long or did not take them.
   */
  undelivered?: number;
  /**
   * @maxItems 64
   */
  resources: {
    resource:
      | 'machine-id'
      | 'host-keys'
      | 'hostname'
      | 'network'
      | 'dns'
      | 'ntp'
      | 'groups'
      | 'accounts'
      | 'keys'
      | 'sudoers'
      | 'files'
      | 'scripts';
    outcome: 'changed' | 'unchanged' | 'failed' | 'skipped';
    durationMs: number;
    /**
     * @maxItems 20000
     */
    changes: {
      action: 'create' | 'update' | 'remove' | 'run';
      /**
       * What was changed: a path, `account NAME`, `group NAME`.
       */
      target: string;
      detail?: string;
    }[];
    /**
     * What failed, on which object, and what to do.
     */
    message?: string;
    /**
     * Tail of the tool's output.
     */
    output?: string;
  }[];
}
/**
 * The last replay of an instance: the host got an older generation, for a machine that lost its data.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "replay".
 */
export interface Replay {
  generation: number;
  actor: string;
  reason: string;
  startedAt: string;
  until: string;
  /**
   * null: no hypervisor has attached it yet.
   */
  attachedAt: string | null;
  /**
   * null: it is under way.
   */
  endedAt: string | null;
  /**
   * How it ended. applied: the guest has the replayed generation, or a newer one after it.
   */
  outcome: 'applied' | 'expired' | 'cancelled' | null;
}
/**
 * What Nova said of it; absent if Nova never asked.
 */
export interface NovaRecord {
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  seenAt: string;
  /**
   * UUID of the project.
   */
  project?: string;
  /**
   * UUID of the image.
   */
  image?: string;
  hostname?: string;
  /**
   * Roles of who had it started.
   */
  bootRoles?: string[];
  metadata?: {
    [k: string]: string;
  };
  /**
   * SHA-256 of the user-data in base64.
   */
  userDataSha256?: string;
}
/**
 * Something of a guest configuration that a cloud-config cannot say.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "inexpressible".
 */
export interface Inexpressible {
  /**
   * What: a part of the guest configuration, or one entry of it.
   */
  subject: string;
  /**
   * Why not, and what happens instead.
   */
  reason: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "generationList".
 */
export interface GenerationList {
  generations: GenerationSummary[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "generationSummary".
 */
export interface GenerationSummary {
  number: number;
  createdAt: string;
  actor: string;
  reason: string;
  contentSha256: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "generationDiff".
 */
export interface GenerationDiff {
  instance: string;
  from: number | null;
  to: number | null;
  changes: Change[];
}
/**
 * One difference between two guest configurations.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "change".
 */
export interface Change {
  action: 'add' | 'change' | 'remove';
  section: Section;
  /**
   * Which one: an account's name, a key's fingerprint, a role, a path.
   */
  subject: string;
  before?: string;
  after?: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "explanation".
 */
export interface Explanation {
  instance: string;
  generation: number;
  lines: ExplainedLine[];
  /**
   * Why the newest record of the CMDB is not what the lines come from; absent if it is.
   */
  quarantine?: RecordProblem[];
  /**
   * What of this generation a cloud-config cannot say (policy `guest: cloud-config`); absent if the guest gets it all.
   */
  inexpressible?: Inexpressible[];
  held?: Hold1;
  nova?: NovaRecord1;
}
/**
 * A source line, and since when it has said what it says.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "explainedLine".
 */
export interface ExplainedLine {
  section: Section;
  subject: string;
  value: string;
  sources: Source[];
  /**
   * The generation that brought the value, when and by whom it was made, and why.
   */
  since: {
    generation: number;
    at: string;
    actor: string;
    reason: string;
  };
}
/**
 * Where a value came from: record and field in the CMDB, entry and attribute in the directory, or file, line and rule of the policy.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "source".
 */
export interface Source {
  kind: 'inventory' | 'directory' | 'policy';
  /**
   * Inventory, directory or policy file.
   */
  name: string;
  /**
   * CMDB record, DN, or policy rule.
   */
  record: string;
  /**
   * Field, attribute, or `line N`.
   */
  field: string;
  /**
   * Who changed the record last, in the source's own words, where it tells.
   */
  changedBy?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  changedAt?: string;
  /**
   * The source says otherwise, and the ones before it win.
   */
  overridden?: true;
}
/**
 * What keeps an instance's own part (network, name servers, handling) and its files and scripts as they are in a generation. Accounts, groups and sudo rules are never held: they are always today's.
 */
export interface Hold1 {
  /**
   * rollout: it waits for its stage; rollback: it was taken back to a generation and stays there until a plain regenerate.
   */
  by: 'rollout' | 'rollback';
  /**
   * The generation whose parts are kept.
   */
  generation: number;
  /**
   * UUID in lower case (RFC 9562).
   */
  rollout?: string;
  actor: string;
  reason: string;
  since: string;
}
/**
 * What Nova said of the instance, beside the lines: it is in no generation. Absent if Nova never asked, or another section than `instance` is wanted.
 */
export interface NovaRecord1 {
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  seenAt: string;
  /**
   * UUID of the project.
   */
  project?: string;
  /**
   * UUID of the image.
   */
  image?: string;
  hostname?: string;
  /**
   * Roles of who had it started.
   */
  bootRoles?: string[];
  metadata?: {
    [k: string]: string;
  };
  /**
   * SHA-256 of the user-data in base64.
   */
  userDataSha256?: string;
}
/**
 * Generations, events and reports of one instance, oldest first.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "timeline".
 */
export interface Timeline {
  instance: string;
  /**
   * Who created the instance and when, as far as the CMDB tells, and by which record; since when the server knows it.
   */
  creation: {
    by: string | null;
    at: string | null;
    source: {
      inventory: string;
      record: string;
    };
    firstSeenAt: string;
  };
  generations: GenerationSummary[];
  events: Event[];
  reports: AgentReport[];
}
/**
 * One line of the audit trail.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "event".
 */
export interface Event {
  id: number;
  at: string;
  actor: string;
  action: string;
  instance: string | null;
  reason: string;
  details: {
    [k: string]: unknown;
  };
}
/**
 * The files of a config drive that Nova made.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "baseDriveFiles".
 */
export interface BaseDriveFiles {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  files: {
    /**
     * Relative path; slash-separated.
     */
    path: string;
    /**
     * Base64 (RFC 4648, section 4), with padding.
     */
    content: string;
  }[];
}
/**
 * What Nova sends to a DynamicJSON target. Only instance-id must be right; of the rest, what cannot be kept is left out.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "novaRequest".
 */
export interface NovaRequest {
  'project-id'?: string | null;
  /**
   * UUID in lower case (RFC 9562).
   */
  'instance-id': string;
  'image-id'?: string | null;
  /**
   * Base64.
   */
  'user-data'?: string | null;
  hostname?: string | null;
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * Names, with commas between.
   */
  'boot-roles'?: string | null;
  [k: string]: unknown;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceRegenerateRequest".
 */
export interface InstanceRegenerateRequest {
  dryRun?: boolean;
  force?: boolean;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
  /**
   * As in a request for several.
   */
  to?: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "syncRequest".
 */
export interface SyncRequest {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  source?: string;
  full?: boolean;
  dryRun?: boolean;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  overrideGuard?: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceReplayRequest".
 */
export interface InstanceReplayRequest {
  /**
   * Number of a generation, from 1.
   */
  generation?: number;
  /**
   * The host gets the newest generation after so many hours at the latest; 24 if absent.
   */
  hours?: number;
  dryRun?: boolean;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
}
/**
 * What became of the wish to replay one instance.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "replayOutcome".
 */
export interface ReplayOutcome {
  instance: string;
  name: string;
  /**
   * foreseen: what a dry run would start. refused: `problem` says why.
   */
  outcome: 'started' | 'foreseen' | 'refused' | 'cancelled';
  generation: number;
  newest: number | null;
  until?: string;
  /**
   * How the replay's drive differs from the generation as it was: who is kept out, who is let in.
   */
  changes: Change[];
  problem?: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "replayReport".
 */
export interface ReplayReport {
  outcomes: ReplayOutcome[];
}
/**
 * A line of an export: an instance with all that is known of it.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "exportedInstance".
 */
export interface ExportedInstance {
  kind: 'instance';
  record: InstanceRecord;
  inventory: string;
  locator: string;
  /**
   * 512 bytes in base64.
   */
  randomSeed: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  firstSeenAt: string;
  removedAt: string | null;
  /**
   * From 1 on, without gaps.
   *
   * @maxItems 10000
   */
  generations: ExportedGeneration[];
  firstBase?: ExportedBaseDrive;
  newestBase?: ExportedBaseDrive;
  /**
   * @maxItems 100000
   */
  events: {
    id: number;
    /**
     * UTC time (RFC 3339, section 5.6) ending in Z.
     */
    at: string;
    actor: string;
    action: string;
    reason: string;
    details: {
      [k: string]: unknown;
    };
  }[];
  /**
   * Newest first.
   *
   * @maxItems 1000
   */
  reports: AgentReport[];
}
/**
 * A generation, whole.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "exportedGeneration".
 */
export interface ExportedGeneration {
  /**
   * Number of a generation, from 1.
   */
  number: number;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  createdAt: string;
  actor: string;
  reason: string;
  /**
   * SHA-256 in lower-case hexadecimal.
   */
  contentSha256: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  availabilityZone?: string;
  /**
   * In base64, as the drives of this generation had it.
   */
  userData?: string;
  guest: GuestConfiguration;
  /**
   * @maxItems 100
   */
  scripts: {
    /**
     * Name of one file: no slash, not starting with a dot.
     */
    name: string;
    content: string;
  }[];
  /**
   * @maxItems 200000
   */
  sources: SourceLine[];
}
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
  dns: Dns1;
  ntp: Ntp1;
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
export interface Dns1 {
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
export interface Ntp1 {
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
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
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
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "sourceLine".
 */
export interface SourceLine {
  section: Section;
  subject: string;
  value: string;
  sources: Source[];
}
/**
 * What Nova put on a drive.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "exportedBaseDrive".
 */
export interface ExportedBaseDrive {
  seenAt: string;
  /**
   * @maxItems 4096
   */
  files: {
    path: string;
    /**
     * In base64.
     */
    content: string;
  }[];
}
/**
 * First line of the body of an import; the export follows.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "importRequest".
 */
export interface ImportRequest {
  dryRun?: boolean;
  /**
   * Import the others where some cannot be.
   */
  skipConflicts?: boolean;
  mapping?: SiteMapping;
  /**
   * Who may have signed the export, as an allowed signers file (ssh-keygen(1)), beside this server itself and the `exchange.trustedSigners` of its configuration.
   */
  trustedSigners?: string;
}
/**
 * What is called otherwise at the other site. What is not named stays as it is.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "siteMapping".
 */
export interface SiteMapping {
  hypervisors?: NameMapping;
  projects?: NameMapping;
  owners?: NameMapping;
  sites?: NameMapping;
  /**
   * Addresses, gateways, routes, DNS and NTP servers in one network go to the same place in another of the same size.
   *
   * @maxItems 1000
   */
  networks?: {
    from: string;
    to: string;
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "nameMapping".
 */
export interface NameMapping {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  [k: string]: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "importReport".
 */
export interface ImportReport {
  dryRun: boolean;
  /**
   * false: a dry run, or nothing was written because of conflicts.
   */
  written: boolean;
  /**
   * Fingerprint of the key that signed the export.
   */
  signer: string;
  /**
   * Of the export's lines.
   */
  sha256: string;
  outcomes: {
    instance: string;
    name: string;
    /**
     * present: this export brought it before. conflict: `problem` says with what.
     */
    outcome: 'imported' | 'foreseen' | 'present' | 'conflict';
    generations: number;
    problem?: string;
  }[];
}
/**
 * Policy files to try, in order, in place of the configured ones. Nothing is changed.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "policyTrialRequest".
 */
export interface PolicyTrialRequest {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  files: {
    /**
     * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
     */
    name: string;
    content: string;
  }[];
}
/**
 * One run of the sync job or of regenerate.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "syncRun".
 */
export interface SyncRun {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  /**
   * policy-trial: a dry run with other policy files.
   */
  kind: 'sync' | 'regenerate' | 'policy-trial';
  state: 'running' | 'succeeded' | 'failed' | 'stopped-by-guard';
  /**
   * How far a running one is; absent when it has ended.
   */
  progress?: {
    phase: 'fetching' | 'planning' | 'committing';
    /**
     * Instances of this phase that are done.
     */
    done: number;
    total: number | null;
  };
  /**
   * How the CMDB was read: whole, what changed since the last run, or a selection of instances; null if it was not.
   */
  reading: 'whole' | 'changes' | 'selection' | 'none' | null;
  /**
   * Version of the policy it went by.
   */
  policyVersion: string | null;
  /**
   * Milliseconds of each phase; null where it was not reached.
   */
  durations: {
    fetch: number | null;
    plan: number | null;
    commit: number | null;
  };
  actor: string;
  reason: string;
  dryRun: boolean;
  startedAt: string;
  finishedAt: string | null;
  counts: {
    instances: number;
    created: number;
    changed: number;
    unchanged: number;
    removed: number;
    quarantined: number;
    /**
     * Instances of which something is held back; absent if none.
     */
    held?: number;
  };
  /**
   * What changes over all instances that were there before, most instances first: who gains and who loses what. The first 1000.
   */
  effects: Effect[];
  problems: RecordProblem[];
  /**
   * Instances with any other outcome than unchanged; the first 1000.
   */
  outcomes: InstanceOutcome[];
  error: string | null;
}
/**
 * One change and the instances that it comes to.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "effect".
 */
export interface Effect {
  action: 'add' | 'change' | 'remove';
  section: Section;
  /**
   * As of a change.
   */
  subject: string;
  /**
   * How many.
   */
  instances: number;
  /**
   * Names of some of them.
   */
  examples: string[];
}
/**
 * What a sync or regenerate did, or with dryRun would do, to one instance.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "instanceOutcome".
 */
export interface InstanceOutcome {
  instance: string;
  name: string;
  outcome: 'created' | 'changed' | 'unchanged' | 'removed' | 'quarantined';
  generation: number | null;
  changes: Change[];
  /**
   * Changes are left out here, because the run has so many; `diff` shows them.
   */
  omittedChanges?: true;
  held?: Hold;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "syncRunList".
 */
export interface SyncRunList {
  runs: SyncRun[];
}
/**
 * How far the instances of a regenerate have come.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "runProgress".
 */
export interface RunProgress {
  /**
   * UUID in lower case (RFC 9562).
   */
  run: string;
  counts: {
    total: number;
    waiting: number;
    attached: number;
    applied: number;
    failed: number;
    removed: number;
  };
  /**
   * A page of the instances that were asked for, in order of UUID.
   */
  instances: FollowedInstance[];
  /**
   * Cursor of the next page, for `after`.
   */
  next: string | null;
}
/**
 * How far one instance has come since a regenerate.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "followedInstance".
 */
export interface FollowedInstance {
  instance: string;
  name: string;
  /**
   * The one that is followed: one that came later counts as well.
   */
  generation: number;
  state: 'waiting' | 'attached' | 'applied' | 'failed' | 'removed';
  /**
   * Why it failed.
   */
  reason?: string;
}
/**
 * A regenerate in stages.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rollout".
 */
export interface Rollout {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  state: 'running' | 'halted' | 'finished' | 'cancelled' | 'rolled-back';
  actor: string;
  reason: string;
  createdAt: string;
  finishedAt: string | null;
  settings: RolloutSettings;
  stage: {
    /**
     * From 1; 0 before the first.
     */
    number: number;
    of: number;
    startedAt: string | null;
  };
  counts: RolloutCounts;
  /**
   * Why it stands still; null if it does not.
   */
  halt: {
    at: string;
    reason: string;
  } | null;
  /**
   * Why the next stage cannot be started at the moment; it is tried again. Null if nothing is wrong.
   */
  problem: {
    since: string;
    error: string;
  } | null;
  /**
   * What an operator has accepted by resuming: so many failures, and stages up to this one in which none was applied.
   */
  accepted: {
    failures: number;
    stage: number;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutSettings".
 */
export interface RolloutSettings {
  /**
   * Instances of the first stage; 0: there is no canary.
   */
  canary: number;
  /**
   * Instances of each other stage; null: all in one.
   */
  batch: number | null;
  /**
   * Failures, or their share with %.
   */
  haltAfter: string;
  batchTimeoutSeconds: number;
  /**
   * A new generation even where content is the same.
   */
  force: boolean;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutCounts".
 */
export interface RolloutCounts {
  total: number;
  /**
   * Not changed yet.
   */
  waiting: number;
  /**
   * Changed, and not heard of yet.
   */
  'under-way': number;
  applied: number;
  /**
   * There was nothing to change.
   */
  unchanged: number;
  failed: number;
  /**
   * Attached, and no report came in time: counts as failed.
   */
  silent: number;
  /**
   * Off, removed, set aside or held: what was made for those that are off they get at their next boot.
   */
  skipped: number;
  /**
   * Still waiting when the rollout ended.
   */
  released: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutList".
 */
export interface RolloutList {
  rollouts: Rollout[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutInstanceList".
 */
export interface RolloutInstanceList {
  /**
   * In the order in which they are changed.
   */
  instances: RolloutInstance[];
  /**
   * Cursor of the next page, for `after`.
   */
  next: number | null;
}
/**
 * One instance of a rollout.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutInstance".
 */
export interface RolloutInstance {
  instance: string;
  name: string;
  stage: number;
  state: 'waiting' | 'under-way' | 'applied' | 'unchanged' | 'failed' | 'silent' | 'skipped' | 'released';
  /**
   * Generation before the rollout.
   */
  previous: number;
  /**
   * The one that the rollout made; null: none yet.
   */
  generation: number | null;
  /**
   * When it came to this state.
   */
  since: string;
  reason?: string;
}
/**
 * Why a rollout is resumed, cancelled or rolled back.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "rolloutAction".
 */
export interface RolloutAction {
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
}
/**
 * What became of a webhook: a sync comes soon, or it was received before.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "webhookReceipt".
 */
export interface WebhookReceipt {
  outcome: 'accepted' | 'repeated';
}
/**
 * The report of a guest is stored.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "reportReceipt".
 */
export interface ReportReceipt {
  /**
   * One-time token for the next report about the same generation.
   */
  nextToken: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "eventList".
 */
export interface EventList {
  events: Event[];
  next: number | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hypervisorList".
 */
export interface HypervisorList {
  hypervisors: Hypervisor[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hypervisor".
 */
export interface Hypervisor {
  host: string;
  firstSeenAt: string | null;
  lastSeenAt: string | null;
  /**
   * When its daemon last said that it is there.
   */
  heartbeatAt: string | null;
  /**
   * `beating`: the last heartbeat is recent. `stale`: it is older than `placement.staleMinutes`. `silent`: there never was one.
   */
  state: 'beating' | 'stale' | 'silent';
  /**
   * Instances that are on it now.
   */
  instances: number;
}
/**
 * A hypervisor with what its daemon last said and the instances that are on it now.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hypervisorDetail".
 */
export interface HypervisorDetail {
  hypervisor: Hypervisor;
  heartbeat: Heartbeat | null;
  instances: {
    /**
     * UUID in lower case (RFC 9562).
     */
    id: string;
    name: string;
    /**
     * `claim`: the host claimed it, or it was moved there; the CMDB names another host or none.
     */
    placedBy: 'cmdb' | 'claim';
    generation: GenerationState;
  }[];
}
/**
 * What the daemon of a hypervisor says of itself.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "heartbeat".
 */
export interface Heartbeat {
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  version: string;
  adapter: 'libvirt' | 'qemu' | 'proxmox';
  machines: {
    known: number;
    running: number;
  };
  /**
   * Drives that are on the host and not yet in the running machine.
   */
  pending: number;
  /**
   * Reports that wait to be sent.
   */
  spooled: number;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  lastError?: string;
}
/**
 * What a hypervisor has to know of its instances.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hostChanges".
 */
export interface HostChanges {
  /**
   * Opaque; for `after` of the next request.
   */
  cursor: string;
  /**
   * True: these are all instances of the host, and what is not listed is gone. False: what changed after the cursor that was sent, each instance once.
   */
  complete: boolean;
  /**
   * SHA-256 in lower-case hexadecimal.
   */
  payload: string;
  instances: {
    /**
     * UUID in lower case (RFC 9562).
     */
    instance: string;
    name: string;
    /**
     * `gone`: removed from the CMDB or moved to another host: its drive is not this host's any more.
     */
    state: 'placed' | 'gone';
    /**
     * The generation that the host gets; null: there is none yet, or it is gone.
     */
    generation: number | null;
    /**
     * The drive replays this generation.
     */
    replay?: {
      generation: number;
      supersedes: number;
    };
    /**
     * Time of the change.
     */
    since: string;
  }[];
}
/**
 * Leave for a host to fetch the drive of an instance that is about to move there.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "placementRequest".
 */
export interface PlacementRequest {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  host: string;
  minutes: number;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  reason?: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "placementGrant".
 */
export interface PlacementGrant {
  /**
   * UUID in lower case (RFC 9562).
   */
  instance: string;
  name: string;
  /**
   * The host that may fetch the drive, too.
   */
  host: string;
  /**
   * The host that has the instance now.
   */
  from: string | null;
  expiresAt: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "tokenRequest".
 */
export interface TokenRequest {
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  name: string;
  role: Role;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  hypervisor?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  expiresAt?: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "tokenCreated".
 */
export interface TokenCreated {
  token: Token;
  /**
   * Shown this once.
   */
  secret: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "token".
 */
export interface Token {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  name: string;
  role: Role;
  hypervisor: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /**
   * When a host joined with it; only tokens of role join are used up.
   */
  usedAt: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "tokenList".
 */
export interface TokenList {
  tokens: Token[];
}
/**
 * Which generation could not be brought in, and why.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "generationFailure".
 */
export interface GenerationFailure1 {
  generation: number;
  /**
   * When it failed.
   */
  at: string;
  reason: string;
}
/**
 * What Nova said of an instance when it first asked for its vendor-data.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "novaRecord".
 */
export interface NovaRecord2 {
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  seenAt: string;
  /**
   * UUID of the project.
   */
  project?: string;
  /**
   * UUID of the image.
   */
  image?: string;
  hostname?: string;
  /**
   * Roles of who had it started.
   */
  bootRoles?: string[];
  metadata?: {
    [k: string]: string;
  };
  /**
   * SHA-256 of the user-data in base64.
   */
  userDataSha256?: string;
}
/**
 * First line of an export.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "exportHeader".
 */
export interface ExportHeader {
  kind: 'ubugi-export';
  version: 1;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  exportedAt: string;
  /**
   * One line of text: no control characters, no line or paragraph separators, no bidirectional controls.
   */
  exportedBy: string;
}
/**
 * A secret that a host has drawn, known to the server by its hash only.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "credentialRequest".
 */
export interface CredentialRequest {
  /**
   * SHA-256 in lower-case hexadecimal.
   */
  secretSha256: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "hypervisorCredential".
 */
export interface HypervisorCredential {
  /**
   * As the audit trail names it.
   */
  name: string;
  host: string;
  issuedAt: string;
  expiresAt: string | null;
}
