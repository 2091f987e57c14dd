import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { Event, RecordProblem, SyncRun, Token } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { Composition, GuestPart, GuestParts } from '../domain/compose/composition.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Replay } from '../domain/replay/replay.ts';
import type { FieldOrigins } from '../inventory/inventory.ts';
import type { BaseDriveReads, BaseDriveWrites } from './ports/base-drives.ts';
import type { GenerationFailure, ProgressSelection } from './ports/failures.ts';
import type { Hold, HoldReads, HoldWrites } from './ports/holds.ts';
import type { JoiningWrites } from './ports/joining.ts';
import type { PlacementReads, PlacementWrites } from './ports/placement.ts';
import type { RemovalReads, RemovalWrites } from './ports/removal.ts';
import type { DriveFacts, ReplayReads, ReplayWrites } from './ports/replays.ts';
import type { RolloutReads, RolloutWrites } from './ports/rollouts.ts';
import type { RunTargetReads, RunTargetWrites } from './ports/run-targets.ts';

/** An instance as the server knows it. */
export interface StoredInstance {
  readonly id: InstanceId;
  /** Newest accepted record of the CMDB. */
  readonly record: InstanceRecord;
  readonly inventory: string;
  readonly locator: string;
  /** The host that has it now: what the CMDB says, or a newer claim. */
  readonly placedOn: string | null;
  /** Fields of the record that come from somewhere else; absent if none do. */
  readonly origins?: FieldOrigins;
  /** 512 random bytes in base64, drawn once: `random_seed` of every drive of this instance. Empty once it is purged. */
  readonly randomSeed: string;
  readonly firstSeenAt: string;
  /** When the CMDB stopped listing it; null while it does. */
  readonly removedAt: string | null;
  /** When, after its removal, its secrets were deleted; null: they are there. */
  readonly purgedAt: string | null;
  /** Newest generation; null before the first. */
  readonly newest: number | null;
  /** Hash of the newest generation's content; null before the first. */
  readonly newestContentSha256: string | null;
  readonly attached: number | null;
  readonly applied: number | null;
  /** The newest failure that reports tell of; null: none, or it is over. */
  readonly failure: GenerationFailure | null;
  /** What is held back of it; null: nothing. */
  readonly hold: Hold | null;
  /** Why the CMDB's newest record is not used; empty if it is. */
  readonly quarantine: readonly RecordProblem[];
  /** The last replay; absent if there was none. */
  readonly replay?: Replay;
}

/** An instance as the sync job saves it. */
export interface SavedInstance
  extends Pick<StoredInstance, 'id' | 'record' | 'inventory' | 'locator' | 'origins' | 'quarantine'> {
  /** Opaque text of the sync job, equal for a record that is the same in all that counts. */
  readonly fingerprint: string;
  /** Kept only if the instance is new. */
  readonly randomSeed: string;
  /** When it was seen: `firstSeenAt` if it is new. */
  readonly seenAt: string;
}

/** {@link KnownInstance.quarantine} of a record that is used. */
export const noQuarantine = '[]';

/** What a sync compares with: narrow, because it is held for every instance. Equal texts are one and the same. */
export interface KnownInstance {
  readonly id: InstanceId;
  readonly name: string;
  readonly inventory: string;
  readonly locator: string;
  readonly removed: boolean;
  /** Newest generation; null before the first, as are its hash and its parts. */
  readonly newest: number | null;
  readonly contentSha256: string | null;
  /** As it was saved. */
  readonly fingerprint: string;
  /** JSON of the quarantine; {@link noQuarantine} if the record is used. */
  readonly quarantine: string;
  /** Keys of the newest generation's parts. */
  readonly identity: string | null;
  readonly sudo: string | null;
  /** When the newest generation is to be followed by one of the same content; null: never. */
  readonly renewAt: string | null;
}

/** Keys of the parts that a generation shares with others. */
export type PartKeys = Readonly<Record<keyof GuestParts, string>>;

/** One generation, whole: any can be rebuilt from here. */
export interface StoredGeneration extends Pick<Composition, 'guest' | 'scripts' | 'sources'> {
  readonly instance: InstanceId;
  readonly number: number;
  readonly createdAt: string;
  readonly actor: string;
  readonly reason: string;
  /** SHA-256 over guest configuration and scripts (`contentHash` in `server/domain/content-hash.ts`). */
  readonly contentSha256: string;
  readonly parts: PartKeys;
}

/** A generation without its content. */
export type GenerationHeader = Pick<
  StoredGeneration,
  'instance' | 'number' | 'createdAt' | 'actor' | 'reason' | 'contentSha256'
>;

/** What is written of an event; `id` comes from the store. */
export type NewEvent = Omit<Event, 'id'>;

/** Keys of `--where`; a value matches literally or with `*` for any characters. */
export type InstanceSelection = Partial<
  Readonly<Record<'name' | 'project' | 'site' | 'owner' | 'tag' | 'osFamily' | 'hypervisor', string>>
>;

/** A page of instances in order of id. */
export interface InstancePage {
  readonly instances: readonly StoredInstance[];
  /** Pass as `after` for the next page; null at the end. */
  readonly next: InstanceId | null;
}

/** A token with the SHA-256 of its secret. */
export interface StoredToken extends Token {
  readonly secretSha256: string;
  /** Of a used join token: SHA-256 of the secret of the credential that it was used for. */
  readonly credentialSha256: string | null;
  /** Id of the token that this one replaces as soon as it is used; null once it has. */
  readonly replaces: string | null;
}

/** A new generation as the sync job commits it. The store gives it the next number, never reused. */
export interface NewGeneration extends Omit<GenerationHeader, 'number'> {
  readonly composition: Composition;
  /** When it is to be followed by one of the same content (ISO 8601 in UTC); absent: never. */
  readonly renewAt?: string | undefined;
  /** What its drives have beside the guest configuration; absent: nothing. */
  readonly facts?: DriveFacts;
}

/** How far the one-time tokens of one generation are used up. */
export interface ReportCounter {
  /** Reports that came with tokens. */
  readonly accepted: number;
  /** SHA-256 of the newest of them; empty before the first. */
  readonly lastSha256: string;
}

/**
 * Writes that are committed together or not at all. Reads in here see the transaction's own writes.
 * On SQLite the transaction is immediate: it holds the write lock from its start.
 */
export interface StoreTransaction
  extends PlacementWrites,
    RemovalWrites,
    BaseDriveWrites,
    HoldWrites,
    RunTargetWrites,
    RolloutWrites,
    ReplayWrites,
    JoiningWrites {
  instance(id: InstanceId): Promise<StoredInstance | undefined>;
  /**
   * Inserts or replaces instances, and clears `removedAt`. One that is known keeps its random seed (unless purged), the
   * time it was first seen, its generations, and the host it is on unless the CMDB names another one than before. Of two
   * for the same instance the last counts.
   */
  saveInstances(instances: readonly SavedInstance[]): Promise<void>;
  setQuarantine(id: InstanceId, problems: readonly RecordProblem[]): Promise<void>;
  markRemoved(id: InstanceId, at: string): Promise<void>;
  /**
   * Appends the next generation of each instance and makes it the newest. Parts are stored once for all that share
   * them. Fails with `not-found`, having written nothing, if an instance is unknown; several of one instance are fine.
   * @returns their numbers, in the order of the generations
   */
  appendGenerations(generations: readonly NewGeneration[]): Promise<readonly number[]>;
  appendEvent(event: NewEvent): Promise<void>;
  /** Their ids are in the same order. */
  appendEvents(events: readonly NewEvent[]): Promise<void>;
  /**
   * Stores a report and moves `attached` or `applied` to its generation where it says so.
   * @param keep newest reports of this instance that stay, this one included; older ones are deleted
   */
  saveReport(report: AgentReport, receivedAt: string, keep: number): Promise<void>;
  /** How many reports came with the one-time tokens of a generation. Read the instance first: that keeps others out. */
  reportCounter(id: InstanceId, generation: number): Promise<ReportCounter>;
  saveReportCounter(id: InstanceId, generation: number, counter: ReportCounter): Promise<void>;
  saveSyncRun(run: SyncRun): Promise<void>;
  saveToken(token: StoredToken): Promise<void>;
  revokeToken(id: string, at: string): Promise<boolean>;
  /** Records that a hypervisor was heard of. */
  seeHypervisor(host: string, at: string): Promise<void>;
  /** Keeps a JSON value under a name, in place of the one before: a cursor, hashes of what was read last. Undefined takes it away. */
  saveState(name: string, value: unknown): Promise<void>;
}

/**
 * All state of the server. One contract suite (`test/contract/store.ts`) runs on every implementation.
 * Fails with `storage-failed` (cause kept) when the database does.
 */
export interface Store
  extends PlacementReads,
    RemovalReads,
    BaseDriveReads,
    HoldReads,
    RunTargetReads,
    RolloutReads,
    ReplayReads {
  /** Runs `work` in one write transaction; rolled back if it throws. Transactions of one store queue up. */
  transaction<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;

  instance(id: InstanceId): Promise<StoredInstance | undefined>;
  /** Instances, also removed ones, of this exact name; empty if none. */
  instancesNamed(name: string): Promise<readonly StoredInstance[]>;
  /** At most `limit` instances that are not removed (unless asked for) and match the selection. */
  instances(query: {
    readonly selection?: InstanceSelection;
    readonly progress?: ProgressSelection;
    readonly includeRemoved?: boolean;
    readonly after?: InstanceId | undefined;
    readonly limit: number;
  }): Promise<InstancePage>;

  generation(id: InstanceId, number: number): Promise<StoredGeneration | undefined>;
  newestGeneration(id: InstanceId): Promise<StoredGeneration | undefined>;
  /** Newest first. */
  generationHeaders(id: InstanceId): Promise<readonly GenerationHeader[]>;
  /** The newest generations of these instances; those that have none are missing. */
  newestGenerations(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, StoredGeneration>>;
  /** A part by its key; undefined if no generation has it. Many readers share one value: change nothing in it. */
  part(key: string): Promise<GuestPart<unknown> | undefined>;
  /** What a sync compares with, in order of id: all instances, removed ones too, or those of these that are known. */
  knownInstances(ids?: readonly InstanceId[]): Promise<readonly KnownInstance[]>;

  reports(id: InstanceId, limit: number): Promise<readonly AgentReport[]>;
  syncRun(id: string): Promise<SyncRun | undefined>;
  /** Newest first. */
  syncRuns(limit: number): Promise<readonly SyncRun[]>;
  /** In order of id (time), after `after`. */
  events(query: {
    readonly instance?: InstanceId;
    readonly action?: string;
    readonly actor?: string;
    /** At or after this time. */
    readonly since?: string;
    /** Before this time. */
    readonly until?: string;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly Event[]>;
  tokens(): Promise<readonly StoredToken[]>;
  tokenBySecretHash(secretSha256: string): Promise<StoredToken | undefined>;
  /** The JSON value under a name; undefined if there is none. Its shape is for the reader to check. */
  state(name: string): Promise<unknown>;

  /**
   * Runs `work` while no other server of the same database runs work under the same name; undefined if one
   * does right now. SQLite: within the process and by a lock row with an owner; PostgreSQL: advisory lock.
   */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Whether the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
