import { AppError } from '../domain/errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Store } from '../store/store.ts';
import type { Basis, BasisReader } from './basis.ts';
import { type Reading, readChanges, readOneSource, readWhole } from './reading.ts';
import { readSyncState, type SyncState } from './sync-state.ts';

/** What a run read, and what is to be composed from it. */
export interface SourcesRead {
  readonly reading: Reading;
  readonly basis: Basis;
  /** all: also every stored record that was not read, because directory, policy or code are not what they were. */
  readonly recompose: 'all' | 'none';
  /** Everything stored was composed from the same basis. */
  readonly sameBasis: boolean;
  readonly state: SyncState | undefined;
  /** What to remember once all is committed; undefined where the next sync is to go on from where the last one did. */
  readonly next: Omit<SyncState, 'problems'> | undefined;
}

/**
 * Reads CMDB, directory and policy for a sync: what changed since the last one where the CMDB can tell, else whole.
 * If one fails, so does the whole.
 */
export async function readSources(
  ports: { readonly store: Store; readonly inventory: Inventory; readonly basis: BasisReader },
  { source, full }: { readonly source: string | undefined; readonly full: boolean },
  signal: AbortSignal,
): Promise<SourcesRead> {
  const state = await readSyncState(ports.store);
  const failed = new AbortController();
  const bound = AbortSignal.any([signal, failed.signal]);
  const records = async (): Promise<Reading> => {
    // Of several inventories that are joined, one alone does not tell what is gone.
    if (source !== undefined && ports.inventory.sources.length > 1) {
      return await readOneSource(ports, source, bound);
    }
    if (!full && state !== undefined && state.cursor !== null) {
      const changes = await readChanges(ports, state.cursor, bound);
      if (changes !== undefined) return changes;
    }
    return await readWhole(ports, bound);
  };
  const readings = [records(), ports.basis.read(bound, { fresh: full })] as const;
  try {
    const [reading, basis] = await Promise.all(readings);
    const sameBasis = basis.fingerprint === state?.basis;
    if (reading.kind === 'selection') {
      return { reading, basis, state, sameBasis, recompose: 'none', next: undefined };
    }
    return {
      reading,
      basis,
      state,
      sameBasis,
      recompose: reading.kind === 'whole' || sameBasis ? 'none' : 'all',
      next: { basis: basis.fingerprint, cursor: reading.cursor },
    };
  } catch (error) {
    // The other one need not be read to its end.
    failed.abort(new AppError('internal', 'the other source failed'));
    await Promise.allSettled(readings);
    throw error;
  }
}
