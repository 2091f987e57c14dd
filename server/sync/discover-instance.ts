import type { Validators } from '../../schemas/validation/validator.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { type InstanceId, parseInstanceId } from '../domain/identifiers.ts';
import { printable } from '../domain/printable.ts';
import type { Random } from '../domain/random.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Store, StoredInstance } from '../store/store.ts';
import { commitPlan } from './commit/commit-plan.ts';
import { nothingHeld } from './holds/held-back.ts';
import { planInstances } from './plan/sync-plan.ts';
import type { BasisReader } from './read/basis.ts';
import { noteBasis, readSyncState } from './read/sync-state.ts';

/** What a just-in-time look-up works with. */
export interface DiscoveryPorts {
  readonly store: Store;
  readonly inventory: Inventory;
  readonly basis: BasisReader;
  readonly validators: Validators;
  readonly clock: Clock;
  readonly random: Random;
}

/** How old directory and policy may be: the next sync brings what changed since. */
const basisAgeMs = 15 * 60_000;
/** For so long a reference that the CMDB does not have is not asked for again: a VM without a record retries. */
const absentMs = 5_000;
const rememberedAbsences = 10_000;

/** Looks instances up that boot before the sync has seen them; see `SyncJob.discover`. */
export function createDiscovery(
  ports: DiscoveryPorts,
): (reference: string, actor: string, signal: AbortSignal) => Promise<StoredInstance | undefined> {
  const { clock } = ports;
  const pending = new Map<string, Promise<StoredInstance | undefined>>();
  const absences = new Map<string, number>();

  async function lookUp(
    reference: string,
    actor: string,
    signal: AbortSignal,
  ): Promise<StoredInstance | undefined> {
    const found = await discover(ports, reference, actor, signal);
    if (found === undefined) {
      if (absences.size >= rememberedAbsences) absences.clear();
      absences.set(reference, clock.now().getTime() + absentMs);
    }
    return found;
  }

  return async (reference, actor, signal) => {
    const key = parseInstanceId(reference) ?? reference;
    if ((absences.get(key) ?? 0) > clock.now().getTime()) return undefined;
    absences.delete(key);
    const known = pending.get(key);
    if (known !== undefined) return await known;
    const work = lookUp(key, actor, signal);
    pending.set(key, work);
    try {
      return await work;
    } finally {
      pending.delete(key);
    }
  };
}

async function discover(
  { store, inventory, basis: reader, validators, clock, random }: DiscoveryPorts,
  reference: string,
  actor: string,
  signal: AbortSignal,
): Promise<StoredInstance | undefined> {
  const id = parseInstanceId(reference);
  const [snapshot, basis] = await Promise.all([
    id === undefined ? inventory.fetchNamed(reference, signal) : inventory.fetch([id], signal),
    reader.recent(basisAgeMs, signal),
  ]);
  const [entry, ...others] = snapshot.entries;
  if (entry === undefined) return undefined;
  if (others.length > 0) {
    throw new AppError(
      'ambiguous-instance',
      `${printable(reference)} is the name of ${others.length + 1} instances of inventory ${inventory.name}: use a UUID`,
      { details: { candidates: snapshot.entries.map(({ record }) => record.id) } },
    );
  }
  const found = entry.record.id as InstanceId;
  const present = await store.instance(found);
  if (present !== undefined && present.removedAt === null && present.newest !== null) return present;
  const known = new Map((await store.knownInstances([found])).map((instance) => [instance.id, instance]));
  const plan = await planInstances(
    {
      inventory: inventory.name,
      snapshot: { entries: [entry], quarantined: [] },
      composer: basis.composer,
      known,
      rejected: [],
      force: false,
      renewBy: undefined,
      sameBasis: false,
      lasting: [],
    },
    validators,
  );
  await commitPlan(
    { store, clock, random },
    {
      known,
      planned: plan.instances,
      composer: basis.composer,
      inventory: inventory.name,
      held: nothingHeld,
    },
    {
      actor,
      reason: 'it booted before the sync saw it',
      run: random.uuid(),
      policyVersion: basis.policyVersion,
    },
    () => {},
  );
  const state = await readSyncState(store);
  await store.transaction((transaction) => noteBasis(transaction, state, basis.fingerprint));
  const stored = await store.instance(found);
  return stored === undefined || stored.newest === null ? undefined : stored;
}
