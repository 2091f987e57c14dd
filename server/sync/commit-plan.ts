import type { Change, InstanceOutcome } from '../../schemas/types/api.ts';
import type { Clock } from '../domain/clock.ts';
import type { Composition } from '../domain/compose/composition.ts';
import { diffGuests } from '../domain/diff.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Random } from '../domain/random.ts';
import type { KnownInstance, Store, StoreTransaction } from '../store/store.ts';
import { recordFingerprint } from './known-instances.ts';
import type { PlannedInstance } from './sync-plan.ts';

/** Who does it and why, for events and generations. */
export interface Attribution {
  readonly actor: string;
  readonly reason: string;
  /** UUID of the run, noted in every event. */
  readonly run: string;
  readonly inventory: string;
  readonly policyVersion: string;
}

const batchSize = 200;
const eventChanges = 100;
const seedBytes = 512;

/** What is to be done, with the new content if there is any. */
interface Prepared {
  readonly planned: PlannedInstance;
  readonly outcome: InstanceOutcome;
  readonly composition: Composition | undefined;
}

/** What a planned instance will come to, compared with its newest generation. */
export async function planOutcome(store: Store, planned: PlannedInstance): Promise<InstanceOutcome> {
  return (await prepare(store, planned)).outcome;
}

async function prepare(store: Store, planned: PlannedInstance): Promise<Prepared> {
  const before = planned.id === undefined ? undefined : await store.newestGeneration(planned.id);
  const generation = before?.number ?? null;
  const { id: instance = '' } = planned;
  switch (planned.kind) {
    case 'save': {
      const composition = planned.compose?.();
      const changes = composition === undefined ? [] : [...diffGuests(before?.guest, composition.guest)];
      const next = composition === undefined ? generation : (generation ?? 0) + 1;
      const { name } = planned.entry.record;
      return {
        planned,
        composition,
        outcome: { instance, name, outcome: planned.outcome, generation: next, changes },
      };
    }
    case 'quarantine':
    case 'remove': {
      const outcome = planned.kind === 'remove' ? 'removed' : 'quarantined';
      return {
        planned,
        composition: undefined,
        outcome: { instance, name: planned.name, outcome, generation, changes: [] },
      };
    }
  }
}

/**
 * Writes a plan in batches. Every generation is committed together with its event; a run that ends midway has
 * committed whole instances, and the next one does the rest.
 * @param onOutcome called after the commit of each
 */
export async function commitPlan(
  ports: { readonly store: Store; readonly clock: Clock; readonly random: Random },
  planned: readonly PlannedInstance[],
  known: ReadonlyMap<InstanceId, KnownInstance>,
  attribution: Attribution,
  onOutcome: (outcome: InstanceOutcome) => void,
): Promise<void> {
  const { store, clock, random } = ports;
  for (let start = 0; start < planned.length; start += batchSize) {
    const batch: Prepared[] = [];
    for (const one of planned.slice(start, start + batchSize)) batch.push(await prepare(store, one));
    const at = clock.now().toISOString();
    const committed = await store.transaction(async (transaction) => {
      const written: InstanceOutcome[] = [];
      for (const one of batch)
        written.push(await commitOne(transaction, one, { at, random, known, attribution }));
      return written;
    });
    for (const outcome of committed) onOutcome(outcome);
  }
}

interface CommitContext {
  readonly at: string;
  readonly random: Random;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  readonly attribution: Attribution;
}

async function commitOne(
  transaction: StoreTransaction,
  prepared: Prepared,
  context: CommitContext,
): Promise<InstanceOutcome> {
  const { planned, outcome } = prepared;
  const { at, attribution } = context;
  const event = (action: string, details: Record<string, unknown>) =>
    transaction.appendEvent({
      at,
      actor: attribution.actor,
      action,
      instance: planned.id ?? null,
      reason: attribution.reason,
      details: { run: attribution.run, ...details },
    });
  switch (planned.kind) {
    case 'quarantine':
      if (planned.id === undefined || !planned.isNews) return outcome;
      await transaction.setQuarantine(planned.id, planned.problems);
      await event('record-quarantined', { name: planned.name, problems: planned.problems });
      return outcome;
    case 'remove':
      await transaction.markRemoved(planned.id, at);
      await event('instance-removed', { name: planned.name });
      return outcome;
    case 'save':
      return saveOne(transaction, planned, prepared, context, event);
  }
}

async function saveOne(
  transaction: StoreTransaction,
  planned: Extract<PlannedInstance, { kind: 'save' }>,
  { outcome, composition }: Prepared,
  { at, random, known, attribution }: CommitContext,
  event: (action: string, details: Record<string, unknown>) => Promise<void>,
): Promise<InstanceOutcome> {
  const { id, entry, contentSha256 } = planned;
  const before = known.get(id);
  await transaction.saveInstances([
    {
      id,
      record: entry.record,
      inventory: attribution.inventory,
      locator: entry.locator,
      ...(entry.origins === undefined ? {} : { origins: entry.origins }),
      fingerprint: recordFingerprint(entry.record, entry.locator),
      quarantine: [],
      randomSeed: random.bytes(seedBytes).toString('base64'),
      seenAt: at,
    },
  ]);
  if (before === undefined) {
    const { name, creator, createdAt } = entry.record;
    await event('instance-discovered', { name, creator, createdAt, locator: entry.locator });
  } else if (before.removed) {
    await event('instance-returned', { name: entry.record.name, locator: entry.locator });
  }
  if (composition === undefined) {
    if (before?.removed === false) await event('record-changed', { locator: entry.locator });
    return outcome;
  }
  const { actor, reason } = attribution;
  const [generation = null] = await transaction.appendGenerations([
    { instance: id, composition, createdAt: at, actor, reason, contentSha256 },
  ]);
  await event('generation-created', {
    generation,
    contentSha256,
    policyVersion: attribution.policyVersion,
    changes: outcome.changes.slice(0, eventChanges).map(changeText),
    changeCount: outcome.changes.length,
  });
  return { ...outcome, generation };
}

function changeText({ action, section, subject }: Change): string {
  return `${action} ${section} ${subject}`;
}
