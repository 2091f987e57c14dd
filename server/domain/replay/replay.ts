/** How a replay ended. */
export type ReplayOutcome =
  /** The guest has applied the replayed generation, or a newer one after it. */
  | 'applied'
  /** Its time was over. */
  | 'expired'
  /** An operator took it back, or started another one. */
  | 'cancelled';

/** The last replay of an instance: an older generation for a machine that lost its data. */
export interface Replay {
  /** The generation that the guest gets first. */
  readonly generation: number;
  readonly actor: string;
  readonly reason: string;
  /** Times are ISO 8601 in UTC. */
  readonly startedAt: string;
  /** From then on the host gets the newest generation, whatever became of the replay. */
  readonly until: string;
  /** When a hypervisor attached its drive; null: not yet. */
  readonly attachedAt: string | null;
  /** When it ended; null while it is under way. */
  readonly endedAt: string | null;
  readonly outcome: ReplayOutcome | null;
}

/** Whether the host gets the replay's drive at this time. */
export function isUnderWay({ endedAt, until }: Pick<Replay, 'endedAt' | 'until'>, now: Date): boolean {
  return endedAt === null && now.getTime() < Date.parse(until);
}

/** The replay as it has ended. */
export function ended(replay: Replay, outcome: ReplayOutcome, at: string): Replay {
  return { ...replay, endedAt: at, outcome };
}
