import type { ColumnType } from 'kysely';

/** What Kysely knows of the schema that `server/store/migrations/` makes; the same on every database. */
export interface Tables {
  readonly instances: InstanceTable;
  readonly instance_records: InstanceRecordTable;
  readonly instance_tags: { readonly instance: string; readonly tag: string };
  readonly generations: GenerationTable;
  readonly parts: PartTable;
  readonly state: { readonly name: string; readonly body: Buffer };
  readonly base_drives: BaseDriveTable;
  readonly reports: ReportTable;
  readonly report_counters: ReportCounterTable;
  readonly holds: HoldTable;
  readonly run_targets: RunTargetTable;
  readonly rollouts: RolloutTable;
  readonly rollout_instances: RolloutInstanceTable;
  readonly replays: ReplayTable;
  readonly drive_facts: DriveFactsTable;
  readonly events: EventTable;
  readonly counters: { readonly name: string; readonly value: number };
  readonly sync_runs: SyncRunTable;
  readonly hypervisors: HypervisorTable;
  readonly instance_changes: InstanceChangeTable;
  readonly host_changes: { readonly host: string; readonly change: number };
  readonly departures: DepartureTable;
  readonly feed_epochs: FeedEpochTable;
  readonly placement_grants: PlacementGrantTable;
  readonly tokens: TokenTable;
  readonly locks: LockTable;
  readonly migrations: { readonly name: string; readonly applied_at: string };
}

/**
 * One VM, without its record: every sync reads all of these rows, so they are kept narrow. What a selection can ask
 * for stands in columns of its own, taken from the record.
 */
export interface InstanceTable {
  readonly id: string;
  readonly name: string;
  readonly project: string | null;
  readonly site: string | null;
  readonly owner: string | null;
  readonly os_family: string;
  /** As the CMDB has it. */
  readonly hypervisor: string | null;
  /** The host that has it now. */
  readonly placed_on: string | null;
  readonly inventory: string;
  readonly locator: string;
  /** JSON of the record problems. */
  readonly quarantine: string;
  /** Opaque text of the sync job. */
  readonly fingerprint: string;
  readonly first_seen_at: string;
  readonly removed_at: string | null;
  /** When its secrets were deleted. */
  readonly purged_at: string | null;
  /** Newest generation and the counter of generations in one: it only ever grows. */
  readonly newest: number | null;
  readonly newest_content_sha256: string | null;
  /** Keys of the newest generation's parts. */
  readonly newest_identity: string | null;
  readonly newest_sudo: string | null;
  /** When the newest generation is to be renewed; null: never. */
  readonly renew_at: string | null;
  readonly attached: number | null;
  /** Sortable time (`sortable-time.ts`) that the attached generation is known from. */
  readonly attached_as_of: string | null;
  readonly applied: number | null;
  readonly applied_as_of: string | null;
  /** Generation that the newest failure is about; null: none is known. */
  readonly failed: number | null;
  readonly failed_as_of: string | null;
  readonly failed_reason: string | null;
  /** How many reports were stored: the number of the newest one. */
  readonly reports: number;
}

/** What is wide of one VM. */
export interface InstanceRecordTable {
  readonly instance: string;
  /** Drawn once, never replaced; empty once purged. */
  readonly random_seed: string;
  /** JSON of the instance record. */
  readonly record: string;
  /** JSON of the entries of its field origins; null if it has none. */
  readonly origins: string | null;
}

/** One generation. What it shares with others stands in `parts`. */
export interface GenerationTable {
  readonly instance: string;
  readonly number: number;
  readonly created_at: string;
  readonly actor: string;
  readonly reason: string;
  readonly content_sha256: string;
  /** Keys of its parts. */
  readonly identity: string;
  readonly sudo: string;
  readonly payload: string;
  /** JSON of what the guest configuration has of its own instance. */
  readonly own: string;
  /** Compact JSON (`compact-lines.ts`) of where that came from. */
  readonly own_sources: string;
}

/** A part that generations share. Rows are only ever added. */
export interface PartTable {
  readonly key: string;
  readonly sha256: string;
  /** Packed JSON (`packed-json.ts`). */
  readonly value: Buffer;
  /** Packed JSON of its source lines. */
  readonly sources: Buffer;
}

/** What Nova put on a config drive of an instance. */
export interface BaseDriveTable {
  readonly instance: string;
  /** `first`, `newest` (absent while the first is the newest) or `rescue`. */
  readonly kind: string;
  readonly sha256: string;
  readonly seen_at: string;
  /** Packed files (`base-drives/packed-files.ts`). */
  readonly files: Buffer;
}

/** One report, numbered per instance in order of arrival. */
export interface ReportTable {
  readonly instance: string;
  readonly number: number;
  readonly received_at: string;
  /** Packed JSON of the agent report. */
  readonly body: Buffer;
}

/** How far the one-time tokens of a generation are used up. */
export interface ReportCounterTable {
  readonly instance: string;
  readonly generation: number;
  /** Reports that came with tokens. */
  readonly accepted: number;
  /** SHA-256 of the newest of them. */
  readonly last_sha256: string;
  /** Counter of the token that drives of the generation carry. */
  readonly first: ColumnType<number, number | undefined>;
}

/** The last replay of an instance. */
export interface ReplayTable {
  readonly instance: string;
  /** When it ends at the latest; null when it has ended. */
  readonly until: string | null;
  /** JSON of the replay. */
  readonly body: string;
}

/** What drives have beside their guest configuration, from a generation on. */
export interface DriveFactsTable {
  readonly instance: string;
  readonly generation: number;
  /** JSON. */
  readonly body: string;
}

/** What keeps parts of an instance as they are in a generation. */
export interface HoldTable {
  readonly instance: string;
  readonly generation: number;
  readonly held_by: string;
  readonly rollout: string | null;
  /** JSON of the hold. */
  readonly body: string;
}

/** A generation that a run of regenerate is to be followed by. */
export interface RunTargetTable {
  readonly run: string;
  readonly instance: string;
  readonly generation: number;
  readonly noted_at: string;
}

/** One regenerate in stages. */
export interface RolloutTable {
  readonly id: string;
  readonly created_sortable: string;
  readonly state: string;
  /** Packed JSON of the rollout without its counts. */
  readonly body: Buffer;
}

/** One instance of a rollout. */
export interface RolloutInstanceTable {
  readonly rollout: string;
  readonly instance: string;
  /** From 1, in the order in which they are changed. */
  readonly place: number;
  readonly stage: number;
  readonly state: string;
  /** Generation before the rollout. */
  readonly previous: number;
  /** The one that the rollout made; null: none yet. */
  readonly generation: number | null;
  readonly since: string;
  readonly reason: string | null;
}

/** One line of the audit trail. */
export interface EventTable {
  readonly id: number;
  readonly at: string;
  /** `at` as a sortable time. */
  readonly at_sortable: string;
  readonly actor: string;
  readonly action: string;
  readonly instance: string | null;
  readonly reason: string;
  /** JSON. */
  readonly details: string;
}

/** One run of the sync job. */
export interface SyncRunTable {
  readonly id: string;
  readonly started_sortable: string;
  /** Packed JSON of the run. */
  readonly body: Buffer;
}

/** A hypervisor that was heard of. */
export interface HypervisorTable {
  readonly host: string;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
  readonly heartbeat_at: string | null;
  /** JSON of its newest heartbeat. */
  readonly heartbeat: string | null;
}

/** The newest change of an instance's drive or placement. All of one commit have the same number. */
export interface InstanceChangeTable {
  readonly instance: string;
  readonly change: number;
  readonly at: string;
}

/** A host that an instance is no longer on; one that came back has its row still. */
export interface DepartureTable {
  readonly host: string;
  readonly instance: string;
  readonly change: number;
  readonly at: string;
}

/** From which change on cursors carry which epoch. */
export interface FeedEpochTable {
  readonly number: number;
  readonly id: string;
  readonly since: number;
}

/** Leave for a host to fetch a drive before the instance is there. */
export interface PlacementGrantTable {
  readonly instance: string;
  readonly host: string;
  readonly granted_at: string;
  readonly expires_at: string;
  readonly actor: string;
  readonly reason: string;
}

/** A bearer token; its secret is not here, only the secret's hash. */
export interface TokenTable {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly hypervisor: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly secret_sha256: string;
  /** When a host joined with it. */
  readonly used_at: string | null;
  /** Of a join token: hash of the credential that it was used for. */
  readonly credential_sha256: string | null;
  /** Id of the token that it replaces as soon as it is used. */
  readonly replaces: string | null;
}

/** A lock held by a server; used where the database has no advisory locks. */
export interface LockTable {
  readonly name: string;
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
}
