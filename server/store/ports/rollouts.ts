import type { Rollout, RolloutInstance } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../domain/identifiers.ts';

/** A regenerate in stages without its counts, which come from its instances. */
export type StoredRollout = Readonly<Omit<Rollout, 'counts'>>;

/** How far one instance of a rollout is. */
export type RolloutInstanceState = RolloutInstance['state'];

/** How many instances of one stage are in one state. */
export interface RolloutCount {
  readonly stage: number;
  readonly state: RolloutInstanceState;
  readonly count: number;
}

/** An instance as a rollout begins. */
export interface NewRolloutInstance {
  readonly instance: InstanceId;
  readonly stage: number;
  /** Newest generation. */
  readonly previous: number;
}

/** What becomes of an instance of a rollout. */
export interface RolloutInstanceUpdate {
  readonly instance: InstanceId;
  readonly state: RolloutInstanceState;
  readonly generation: number | null;
  readonly reason?: string | undefined;
}

/** An instance that was changed, and what has been heard of it. */
export interface OpenRolloutInstance {
  readonly instance: InstanceId;
  /** The generation that the rollout made. */
  readonly generation: number;
  /** When it was made. */
  readonly since: string;
  readonly removed: boolean;
  readonly attached: number | null;
  readonly applied: number | null;
  readonly failed: number | null;
  readonly failedReason: string | null;
}

/** A page of a rollout's instances, in the order in which they are changed. */
export interface RolloutInstancePage {
  readonly instances: readonly RolloutInstance[];
  /** Pass as `after` for the next page; null at the end. */
  readonly next: number | null;
}

/** Reads of rollouts. */
export interface RolloutReads {
  rollout(id: string): Promise<StoredRollout | undefined>;
  /** Newest first. @param query `states`: all if absent */
  rollouts(query: {
    readonly states?: readonly Rollout['state'][] | undefined;
    readonly limit: number;
  }): Promise<readonly StoredRollout[]>;
  rolloutCounts(id: string): Promise<readonly RolloutCount[]>;
  rolloutInstances(query: {
    readonly rollout: string;
    readonly states?: readonly RolloutInstanceState[] | undefined;
    readonly stage?: number | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<RolloutInstancePage>;
  /** Those that are under way, all of them. */
  openRolloutInstances(id: string): Promise<readonly OpenRolloutInstance[]>;
}

/** Writes of rollouts. */
export interface RolloutWrites {
  /** The rollout as it is now; nobody else changes it until the transaction ends. */
  rollout(id: string): Promise<StoredRollout | undefined>;
  /** Inserts or replaces. */
  saveRollout(rollout: StoredRollout): Promise<void>;
  /** Adds the instances of a new rollout, all of them waiting, in the order in which they are changed. */
  addRolloutInstances(rollout: string, instances: readonly NewRolloutInstance[], at: string): Promise<void>;
  updateRolloutInstances(
    rollout: string,
    updates: readonly RolloutInstanceUpdate[],
    at: string,
  ): Promise<void>;
}
