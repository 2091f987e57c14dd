import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { Event, Hypervisor, RecordProblem, SyncRun, Token } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { Composition } from '../domain/compose/composition.ts';
import type { InstanceId } from '../domain/identifiers.ts';

/** An instance as the server knows it. */
export interface StoredInstance {
  readonly id: InstanceId;
  /** Newest accepted record of the CMDB. */
  readonly record: InstanceRecord;
  readonly inventory: string;
  readonly locator: string;
  /** 512 random bytes in base64, drawn once: `random_seed` of every drive of this instance. */
  readonly randomSeed: string;
  readonly firstSeenAt: string;
  /** When the CMDB stopped listing it; null while it does. */
  readonly removedAt: string | null;
  /** Newest generation; null before the first. */
  readonly newest: number | null;
  readonly attached: number | null;
  readonly applied: number | null;
  /** Why the CMDB's newest record is not used; empty if it is. */
  readonly quarantine: readonly RecordProblem[];
}

/** One generation, whole: any can be rebuilt from here. */
export interface StoredGeneration extends Pick<Composition, 'guest' | 'scripts' | 'sources'> {
  readonly instance: InstanceId;
  readonly number: number;
  readonly createdAt: string;
  readonly actor: string;
  readonly reason: string;
  /** SHA-256 over guest configuration and scripts (`contentHash` in `server/domain/content-hash.ts`). */
  readonly contentSha256: string;
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
}

/** A new generation as the sync job commits it. The store gives it the next number, never reused. */
export interface NewGeneration extends Omit<GenerationHeader, 'number'> {
  readonly composition: Composition;
}

/**
 * Writes that are committed together or not at all. Reads in here see the transaction's own writes.
 * On SQLite the transaction is immediate: it holds the write lock from its start.
 */
export interface StoreTransaction {
  instance(id: InstanceId): Promise<StoredInstance | undefined>;
  /** Inserts or replaces record, inventory, locator and quarantine, and clears `removedAt`. Keeps the rest. */
  saveInstance(
    instance: Pick<StoredInstance, 'id' | 'record' | 'inventory' | 'locator' | 'quarantine'> & {
      readonly randomSeed: string;
      readonly seenAt: string;
    },
  ): Promise<void>;
  setQuarantine(id: InstanceId, problems: readonly RecordProblem[]): Promise<void>;
  markRemoved(id: InstanceId, at: string): Promise<void>;
  /** Appends the next generation and makes it the newest. @returns its number. */
  appendGeneration(generation: NewGeneration): Promise<number>;
  appendEvent(event: NewEvent): Promise<void>;
  /** Stores a report and moves `attached` or `applied` to its generation where it says so. */
  saveReport(report: AgentReport, receivedAt: string): Promise<void>;
  saveSyncRun(run: SyncRun): Promise<void>;
  saveToken(token: StoredToken): Promise<void>;
  revokeToken(id: string, at: string): Promise<boolean>;
  /** Records that a hypervisor was heard of. */
  seeHypervisor(host: string, at: string): Promise<void>;
}

/**
 * All state of the server. One contract suite (`test/contract/store.ts`) runs on every implementation.
 * Fails with `storage-failed` (cause kept) when the database does.
 */
export interface Store {
  /** Runs `work` in one write transaction; rolled back if it throws. Transactions of one store queue up. */
  transaction<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;

  instance(id: InstanceId): Promise<StoredInstance | undefined>;
  /** Instances, also removed ones, of this exact name; empty if none. */
  instancesNamed(name: string): Promise<readonly StoredInstance[]>;
  /** At most `limit` instances that are not removed (unless asked for) and match the selection. */
  instances(query: {
    readonly selection?: InstanceSelection;
    readonly includeRemoved?: boolean;
    readonly after?: InstanceId | undefined;
    readonly limit: number;
  }): Promise<InstancePage>;

  generation(id: InstanceId, number: number): Promise<StoredGeneration | undefined>;
  newestGeneration(id: InstanceId): Promise<StoredGeneration | undefined>;
  /** Newest first. */
  generationHeaders(id: InstanceId): Promise<readonly GenerationHeader[]>;
  /** Content hash of the newest generation of every instance that has one: what an unchanged re-sync compares. */
  newestContentHashes(): Promise<ReadonlyMap<InstanceId, string>>;

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
  hypervisors(): Promise<readonly Hypervisor[]>;
  tokens(): Promise<readonly StoredToken[]>;
  tokenBySecretHash(secretSha256: string): Promise<StoredToken | undefined>;

  /**
   * Runs `work` while no other server of the same database runs work under the same name; undefined if one
   * does right now. SQLite: within the process and by a lock row with an owner; PostgreSQL: advisory lock.
   */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Whether the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
