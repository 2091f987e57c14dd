import type { RecordProblem, SyncRun } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Inventory, InventoryEntry, InventorySnapshot } from '../../inventory/inventory.ts';
import type { KnownInstance, Store, StoredInstance } from '../../store/store.ts';

/** What a run reads of the CMDB and of the store before anything is compared. */
export interface Reading {
  readonly kind: NonNullable<SyncRun['reading']>;
  readonly snapshot: InventorySnapshot;
  /** Places of records that the CMDB says are gone. */
  readonly removed: readonly string[];
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  /** Where the next reading goes on from; null where it must be whole. */
  readonly cursor: string | null;
}

/** All that the CMDB has. */
export async function readWhole(
  { inventory, store }: { readonly inventory: Inventory; readonly store: Store },
  signal: AbortSignal,
): Promise<Reading> {
  const snapshot = await inventory.fetchAll(signal);
  return {
    kind: 'whole',
    snapshot,
    removed: [],
    known: byId(await store.knownInstances()),
    cursor: snapshot.cursor ?? null,
  };
}

/** The instances that one of several joined inventories lists. */
export async function readOneSource(
  { inventory, store }: { readonly inventory: Inventory; readonly store: Store },
  source: string,
  signal: AbortSignal,
): Promise<Reading> {
  const { entries, quarantined } = await inventory.fetchAll(signal, source);
  return {
    kind: 'selection',
    snapshot: { entries, quarantined },
    removed: [],
    known: byId(await store.knownInstances()),
    cursor: null,
  };
}

/** What the CMDB says has changed since the cursor; undefined if it cannot tell. */
export async function readChanges(
  { inventory, store }: { readonly inventory: Inventory; readonly store: Store },
  cursor: string,
  signal: AbortSignal,
): Promise<Reading | undefined> {
  const changes = await inventory.fetchChanges?.(cursor, signal);
  if (changes === undefined) return undefined;
  const { entries, quarantined, removed } = changes;
  return {
    kind: 'changes',
    snapshot: { entries, quarantined },
    removed,
    known: byId(await store.knownInstances()),
    cursor: changes.cursor,
  };
}

/** The records of a selection. One that the CMDB does not list any more is set aside: taking it out is for a sync. */
export async function readSelection(
  { inventory, store }: { readonly inventory: Inventory; readonly store: Store },
  selected: readonly Pick<KnownInstance, 'id' | 'locator'>[],
  signal: AbortSignal,
): Promise<Reading> {
  const ids = selected.map(({ id }) => id);
  const fetched = await inventory.fetch(ids, signal);
  const listed = new Set([
    ...fetched.entries.map(({ record }) => record.id),
    ...fetched.quarantined.map(({ id }) => id),
  ]);
  const missing = selected
    .filter(({ id }) => !listed.has(id))
    .map(({ id, locator }) => ({ id, locator, problems: [missingProblem(inventory.name, id, locator)] }));
  return {
    kind: 'selection',
    snapshot: { entries: fetched.entries, quarantined: [...fetched.quarantined, ...missing] },
    removed: [],
    known: byId(await store.knownInstances(ids)),
    cursor: null,
  };
}

/** Nothing of the CMDB: the records are those that are stored. */
export async function readNothing(store: Store): Promise<Reading> {
  return {
    kind: 'none',
    snapshot: { entries: [], quarantined: [] },
    removed: [],
    known: byId(await store.knownInstances()),
    cursor: null,
  };
}

const pageSize = 1000;

/**
 * Records of present instances as they are stored, page by page. One in quarantine is left out: it keeps its last good
 * generation until its record is right.
 */
export async function* storedEntries(store: Store): AsyncGenerator<readonly InventoryEntry[]> {
  let after: InstanceId | undefined;
  do {
    const page = await store.instances({ after, limit: pageSize });
    yield usedEntries(page.instances);
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** {@link storedEntries} of these instances only. */
export async function* storedEntriesOf(
  store: Store,
  ids: readonly InstanceId[],
): AsyncGenerator<readonly InventoryEntry[]> {
  for (const id of ids) {
    const instance = await store.instance(id);
    if (instance?.removedAt === null) yield usedEntries([instance]);
  }
}

function usedEntries(instances: readonly StoredInstance[]): readonly InventoryEntry[] {
  return instances
    .filter(({ quarantine }) => quarantine.length === 0)
    .map(({ record, locator, origins }) => ({
      record,
      locator,
      ...(origins === undefined ? {} : { origins }),
    }));
}

function byId(known: readonly KnownInstance[]): ReadonlyMap<InstanceId, KnownInstance> {
  return new Map(known.map((instance) => [instance.id, instance]));
}

function missingProblem(source: string, id: string, locator: string): RecordProblem {
  return {
    source,
    record: locator,
    field: 'id',
    message: `the CMDB does not list instance ${id} any more`,
    remedy: 'sync to take it out, or put the record back',
  };
}
