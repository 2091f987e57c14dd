import type { InstanceOutcome } from '../../../schemas/types/api.ts';
import type { Clock } from '../../domain/clock.ts';
import type { GuestComposer } from '../../domain/compose/compose-guest.ts';
import type { Composition } from '../../domain/compose/composition.ts';
import { driveRenewal } from '../../domain/drive-validity.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Random } from '../../domain/random.ts';
import type { Hold } from '../../store/ports/holds.ts';
import type { KnownInstance, NewEvent, Store, StoreTransaction } from '../../store/store.ts';
import { type HeldBack, heldComposition } from '../holds/held-back.ts';
import type { HoldSteering } from '../holds/hold-steering.ts';
import type { PlannedInstance } from '../plan/sync-plan.ts';
import type { NotedOutcome } from '../run/run-tally.ts';
import { type Attribution, type EventContext, eventsOf, generationReason } from './commit-events.ts';
import {
  createGenerationDiffer,
  type GenerationChanges,
  type GenerationDiffer,
} from './generation-differ.ts';

/** What a plan is carried out on. */
export interface CommitPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** Instances committed at once: few enough that drives are served in between. */
const batchSize = 500;
const seedBytes = 512;

/** A plan and what is needed to carry it out. */
export interface Commission {
  /** Consumed: what is done is let go of, as what a plan for 100,000 instances holds is much. */
  readonly planned: PlannedInstance[];
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  readonly composer: GuestComposer;
  /** Name of the inventory. */
  readonly inventory: string;
  readonly held: HeldBack;
  /** How holds change with what is committed; absent: they do not. */
  readonly steering?: HoldSteering | undefined;
}

/** What is to be done, with the new content if there is any. */
interface Prepared {
  readonly planned: PlannedInstance;
  readonly composition: Composition | undefined;
  readonly changes: (() => GenerationChanges) | undefined;
  readonly newest: number | null;
  readonly hold: Hold | undefined;
}

/** What a plan will come to, compared with the newest generations; nothing is written. */
export async function foresee(
  store: Store,
  commission: Commission,
  onOutcome: (outcome: NotedOutcome) => void,
): Promise<void> {
  const differ = createGenerationDiffer();
  for (const planned of batches(commission)) {
    for (const one of await prepare(store, differ, planned, commission)) {
      onOutcome(outcomeOf(one, (one.newest ?? 0) + 1));
    }
  }
}

/**
 * Writes a plan in batches. Every generation is committed together with its event; a run that ends midway has
 * committed whole instances, and the next one does the rest.
 * @param onOutcome called after the commit of each
 */
export async function commitPlan(
  ports: CommitPorts,
  commission: Commission,
  attribution: Attribution,
  onOutcome: (outcome: NotedOutcome) => void,
): Promise<void> {
  const { store, clock, random } = ports;
  const { known, inventory, steering } = commission;
  const differ = createGenerationDiffer();
  for (const planned of batches(commission)) {
    const wanted = await withoutDiscovered(store, planned, known);
    const batch = await prepare(store, differ, wanted, commission);
    const at = clock.now().toISOString();
    const outcomes = await store.transaction(async (transaction) => {
      const done = await commitBatch(transaction, batch, { at, random, known, inventory, attribution });
      await steering?.committed(transaction, done);
      return done;
    });
    for (const outcome of outcomes) onOutcome(outcome);
  }
}

function* batches({ planned }: Commission): Generator<readonly PlannedInstance[]> {
  planned.reverse();
  while (planned.length > 0) yield planned.splice(-batchSize).reverse();
}

/** A machine that booted meanwhile has got its first generation already: what is the same is not made again. */
async function withoutDiscovered(
  store: Store,
  batch: readonly PlannedInstance[],
  known: ReadonlyMap<InstanceId, KnownInstance>,
): Promise<readonly PlannedInstance[]> {
  const unknown = batch.flatMap((one) => (one.kind === 'save' && !known.has(one.id) ? [one.id] : []));
  if (unknown.length === 0) return batch;
  const discovered = new Map((await store.knownInstances(unknown)).map((one) => [one.id, one]));
  if (discovered.size === 0) return batch;
  return batch.filter((one) => {
    const meanwhile = one.kind === 'save' ? discovered.get(one.id) : undefined;
    if (meanwhile === undefined || meanwhile.removed || one.kind !== 'save') return true;
    return meanwhile.contentSha256 !== one.content?.sha256;
  });
}

async function prepare(
  store: Store,
  differ: GenerationDiffer,
  batch: readonly PlannedInstance[],
  { known, composer, inventory, held }: Commission,
): Promise<readonly Prepared[]> {
  const parts = await held.partsOf(batch.flatMap((one) => (one.kind === 'save' ? [one.id] : [])));
  const compose = (planned: PlannedInstance): Composition | undefined => {
    if (planned.kind !== 'save' || planned.content === undefined) return undefined;
    const composed = composer.compose({ ...planned.entry, inventory });
    if (composed.kind === 'composed') return heldComposition(planned.id, composed.composition, parts);
    throw new Error('composing is pure: what was composed once cannot be refused');
  };
  const newestOf = ({ id }: PlannedInstance) => (id === undefined ? null : (known.get(id)?.newest ?? null));
  const renewed = batch.flatMap((one) =>
    one.kind === 'save' && one.content !== undefined && newestOf(one) !== null ? [one.id] : [],
  );
  const before = renewed.length === 0 ? new Map<string, never>() : await store.newestGenerations(renewed);
  return batch.map((planned) => {
    const generation = planned.id === undefined ? undefined : before.get(planned.id);
    const composition = compose(planned);
    return {
      planned,
      composition,
      changes: composition === undefined ? undefined : once(() => differ.diff(generation, composition)),
      newest: newestOf(planned),
      hold: planned.kind === 'save' ? held.hold(planned.id) : undefined,
    };
  });
}

function outcomeOf({ planned, changes, newest, hold }: Prepared, next: number): NotedOutcome {
  const { id: instance = '' } = planned;
  switch (planned.kind) {
    case 'save': {
      const { name } = planned.entry.record;
      const generation = changes === undefined ? newest : next;
      const held = hold === undefined ? {} : { held: hold };
      return { instance, name, outcome: planned.outcome, generation, changes, ...held };
    }
    case 'quarantine':
    case 'remove': {
      const outcome: InstanceOutcome['outcome'] = planned.kind === 'remove' ? 'removed' : 'quarantined';
      return { instance, name: planned.name, outcome, generation: newest };
    }
  }
}

interface CommitContext extends EventContext {
  readonly random: Random;
  readonly inventory: string;
}

async function commitBatch(
  transaction: StoreTransaction,
  batch: readonly Prepared[],
  context: CommitContext,
): Promise<readonly NotedOutcome[]> {
  const { at, random, inventory, attribution } = context;
  const saves = batch.flatMap(({ planned }) => (planned.kind === 'save' ? [planned] : []));
  await transaction.saveInstances(
    saves.map(({ id, entry, fingerprint }) => ({
      id,
      record: entry.record,
      inventory,
      locator: entry.locator,
      ...(entry.origins === undefined ? {} : { origins: entry.origins }),
      fingerprint,
      quarantine: [],
      randomSeed: random.bytes(seedBytes).toString('base64'),
      seenAt: at,
    })),
  );
  const contents = batch.flatMap(({ planned, composition }) =>
    planned.kind === 'save' && planned.content !== undefined && composition !== undefined
      ? [{ id: planned.id, content: planned.content, composition, record: planned.entry.record }]
      : [],
  );
  const numbers = await transaction.appendGenerations(
    contents.map(({ id, content, composition, record }) => ({
      instance: id,
      createdAt: at,
      actor: attribution.actor,
      reason: generationReason(content, attribution),
      contentSha256: content.sha256,
      composition,
      renewAt: driveRenewal(composition.own, at, id),
      facts: { availabilityZone: record.availabilityZone, userData: record.userData },
    })),
  );
  const next = new Map(contents.map(({ id }, index) => [id, numbers[index] ?? 0]));
  const outcomes: NotedOutcome[] = [];
  const events: NewEvent[] = [];
  for (const one of batch) {
    const { planned } = one;
    if (planned.kind === 'quarantine' && planned.id !== undefined && planned.isNews)
      await transaction.setQuarantine(planned.id, planned.problems);
    if (planned.kind === 'remove') await transaction.markRemoved(planned.id, at);
    const number = (planned.id === undefined ? undefined : next.get(planned.id)) ?? 0;
    const { changes, hold } = one;
    const made = changes === undefined ? undefined : { number, changes, hold };
    events.push(...eventsOf(planned, made, context));
    outcomes.push(outcomeOf(one, number));
  }
  await transaction.appendEvents(events);
  return outcomes;
}

function once<Value>(work: () => Value): () => Value {
  let done: { readonly value: Value } | undefined;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
