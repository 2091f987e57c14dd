import { isUnderWay, type Replay } from './replay/replay.ts';

/** What decides which drive an instance has. */
export interface DriveState {
  /** Newest generation; null before the first. */
  readonly newest: number | null;
  /** The last replay; absent if there was none. */
  readonly replay?: Replay;
}

/** The drive that a host gets now. */
export type CurrentDrive =
  | { readonly kind: 'newest'; readonly generation: number }
  /** An older generation for a machine that lost its data, with the accounts and sudo rules of `supersedes`, the newest. */
  | { readonly kind: 'replay'; readonly generation: number; readonly supersedes: number };

/**
 * Which drive a host gets now: that of the newest generation, or while a replay is under way that of the replay.
 * Undefined before the first generation.
 */
export function currentDrive({ newest, replay }: DriveState, now: Date): CurrentDrive | undefined {
  if (newest === null) return undefined;
  if (replay === undefined || !isUnderWay(replay, now)) return { kind: 'newest', generation: newest };
  return { kind: 'replay', generation: replay.generation, supersedes: newest };
}
