import type { InstanceId } from '../../domain/identifiers.ts';
import type { Replay } from '../../domain/replay/replay.ts';

/** What a drive has of its instance beside the guest configuration. Absent: it has none. */
export interface DriveFacts {
  readonly availabilityZone?: string | undefined;
  /** user-data in base64. */
  readonly userData?: string | undefined;
}

/** The last replay of an instance. */
export interface InstanceReplay {
  readonly instance: InstanceId;
  readonly replay: Replay;
}

/** What a store tells of replays. The last replay of an instance comes with the instance. */
export interface ReplayReads {
  /** Replays that have not ended, in order of instance. @param query.until only those whose time is over by then */
  openReplays(query: {
    readonly until?: string;
    readonly after?: InstanceId | undefined;
    readonly limit: number;
  }): Promise<readonly InstanceReplay[]>;
  /** What the drives of a generation had, as it was recorded when the generation was made. */
  driveFacts(id: InstanceId, generation: number): Promise<DriveFacts>;
  /** Counter of the report token that drives of a generation carry. */
  firstReportCounter(id: InstanceId, generation: number): Promise<number>;
}

/** How replays are written. */
export interface ReplayWrites {
  /** Keeps a replay in place of the one before. */
  saveReplay(id: InstanceId, replay: Replay): Promise<void>;
  /** From now on drives of these generations carry the first token that was not used yet: a guest that was lost lost its own. */
  renewReportTokens(id: InstanceId, generations: readonly number[]): Promise<void>;
}
