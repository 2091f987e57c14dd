import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';

/** What the last run that read everything left behind, so that the next one need only look at what changed since. */
export interface SyncState {
  /** Fingerprint of directory, policy and composing code that every stored generation was made from. */
  readonly basis: string;
  /** Where the inventory's next reading goes on from; null where it must be read whole. */
  readonly cursor: string | null;
  /** What composing found wrong in directory and policy: as long as they stay the same, so does that. */
  readonly problems: readonly RecordProblem[];
}

const name = 'sync';

/** The state, unless there is none or it is of another making: then everything is read. */
export async function readSyncState(store: Store): Promise<SyncState | undefined> {
  const state = await store.state(name);
  if (typeof state !== 'object' || state === null) return undefined;
  const { basis, cursor, problems } = state as Partial<Record<keyof SyncState, unknown>>;
  if (typeof basis !== 'string' || (typeof cursor !== 'string' && cursor !== null)) return undefined;
  if (!Array.isArray(problems)) return undefined;
  // Nobody else writes the state.
  return { basis, cursor, problems: problems as readonly RecordProblem[] };
}

/** Call after everything that it speaks of was committed. */
export async function saveSyncState(transaction: StoreTransaction, state: SyncState): Promise<void> {
  await transaction.saveState(name, state);
}

/**
 * Call in the transaction that commits some instances only. If they were composed from something else than the rest, no
 * basis holds for all any more, and the next sync composes every one again.
 */
export async function noteBasis(
  transaction: StoreTransaction,
  state: SyncState | undefined,
  basis: string,
): Promise<void> {
  if (state !== undefined && state.basis !== basis)
    await saveSyncState(transaction, { ...state, basis: mixedBasis });
}

/** Call in the transaction that lets go of what was held back: the next sync composes every instance again. */
export async function forgetBasis(
  transaction: StoreTransaction,
  state: SyncState | undefined,
): Promise<void> {
  if (state !== undefined) await saveSyncState(transaction, { ...state, basis: mixedBasis });
}

const mixedBasis = '';
