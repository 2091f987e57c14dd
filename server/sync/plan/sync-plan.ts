import { setImmediate } from 'node:timers/promises';
import type { InstanceOutcome, RecordProblem } from '../../../schemas/types/api.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import type { GuestComposer } from '../../domain/compose/compose-guest.ts';
import type { GuestParts, IdentityValue } from '../../domain/compose/composition.ts';
import type { HeldParts } from '../../domain/compose/held-parts.ts';
import { contentHash } from '../../domain/content-hash.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { InventoryEntry, InventorySnapshot } from '../../inventory/inventory.ts';
import { type KnownInstance, noQuarantine } from '../../store/store.ts';
import { type HeldBack, heldComposition, nothingHeld } from '../holds/held-back.ts';
import { createGuestChecker, type GuestChecker } from './guest-checker.ts';
import { createProblemList } from './problem-list.ts';
import { recordFingerprint } from './record-fingerprint.ts';

/** What is to be done with one instance. */
export type PlannedInstance =
  | {
      readonly kind: 'save';
      readonly id: InstanceId;
      readonly entry: InventoryEntry;
      readonly fingerprint: string;
      /** The new content; undefined where only the record changed (its hypervisor, say). */
      readonly content: PlannedContent | undefined;
      readonly outcome: Extract<InstanceOutcome['outcome'], 'created' | 'changed' | 'unchanged'>;
    }
  | {
      readonly kind: 'quarantine';
      readonly id: InstanceId | undefined;
      readonly name: string;
      readonly problems: readonly RecordProblem[];
      /** Whether the stored instance does not say so already. */
      readonly isNews: boolean;
    }
  | { readonly kind: 'remove'; readonly id: InstanceId; readonly name: string };

/** New content of an instance. What is its own is composed again when it is written: there are 100,000 in a plan. */
export interface PlannedContent {
  readonly sha256: string;
  /** The parts that it shares with others, for which a plan has room. */
  readonly parts: GuestParts;
  /** What the newest generation has already: made anew before the drive of that one expires. */
  readonly renewal: boolean;
}

/** All that a run will do; nothing is said of instances that stay as they are. */
export interface SyncPlan {
  /** In the order of their ids. */
  readonly instances: PlannedInstance[];
  readonly unchanged: number;
  /** Problems of records and entries, each once. */
  readonly problems: readonly RecordProblem[];
  /** Those of them that composing found in directory and policy: they stay until one of the two changes. */
  readonly lasting: readonly RecordProblem[];
  /** Accounts and groups of all that was composed, by the key of the part. */
  readonly identities: ReadonlyMap<string, IdentityValue>;
}

/** What a plan is made from. */
export interface PlanInput {
  readonly inventory: string;
  /** Records as the CMDB has them now. */
  readonly snapshot: InventorySnapshot;
  /** Pages of records as they are stored, to be composed again; those that the snapshot has are passed over. */
  readonly stored?: AsyncIterable<readonly InventoryEntry[]> | undefined;
  readonly composer: GuestComposer;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  /** Problems found while reading the directory. */
  readonly rejected: readonly RecordProblem[];
  /** A new generation for every instance, content changed or not. */
  readonly force: boolean;
  /** Newest generations that are to be renewed by this time are (ISO 8601 in UTC); undefined: none are. */
  readonly renewBy: string | undefined;
  /** Everything stored was composed from the same directory and policy: equal records come to equal content. */
  readonly sameBasis: boolean;
  /** What composing found wrong in directory and policy before, where they are the same. */
  readonly lasting: readonly RecordProblem[];
  /** What is held back; nothing if absent. */
  readonly held?: HeldBack;
}

/** Instances planned before the event loop gets its turn: drives are served meanwhile. */
const turn = 250;

/**
 * Composes every instance and compares it with what is stored. Pure but for its validators.
 * @param onProgress called with the number of instances that are planned
 */
export async function planInstances(
  input: PlanInput,
  validators: Validators,
  onProgress: (done: number) => void = () => {},
): Promise<SyncPlan> {
  const problems = createProblemList();
  const lasting = createProblemList();
  problems.note(input.rejected);
  lasting.note(input.lasting);
  const check = createGuestChecker(validators);
  const identities = new Map<string, IdentityValue>();
  const instances: PlannedInstance[] = [];
  let unchanged = 0;
  let done = 0;
  const { held = nothingHeld } = input;
  const plan = async (entries: readonly InventoryEntry[]) => {
    for (let start = 0; start < entries.length; start += turn) {
      const some = entries.slice(start, start + turn);
      const parts = await held.partsOf(some.map(({ record }) => record.id as InstanceId));
      for (const entry of some) {
        const planned = planEntry(entry, input, { check, identities, parts });
        (planned.instance?.kind === 'quarantine' ? problems : lasting).note(planned.problems);
        if (planned.instance === undefined) unchanged++;
        else instances.push(planned.instance);
      }
      done += some.length;
      onProgress(done);
      await setImmediate();
    }
  };

  for (const { id, locator, problems: found } of input.snapshot.quarantined) {
    problems.note(found);
    instances.push(quarantine(id as InstanceId | undefined, locator, found, input.known));
  }
  await plan(input.snapshot.entries);
  if (input.stored !== undefined) {
    const listed = listedIds(input.snapshot);
    for await (const page of input.stored) {
      await plan(page.filter(({ record }) => !listed.has(record.id)));
    }
  }
  // In the order of their keys, databases write rows one after the other and not all over the place.
  instances.sort(({ id: one = '' }, { id: other = '' }) => (one < other ? -1 : one > other ? 1 : 0));
  problems.note(lasting.all());
  return { instances, unchanged, problems: problems.all(), lasting: lasting.all(), identities };
}

/**
 * Instances that the whole CMDB no longer lists. A record that was refused is still listed: it counts by its id,
 * or, where that is what is wrong with it, by its place.
 */
export function planRemovals({
  inventory,
  snapshot,
  known,
}: Pick<PlanInput, 'inventory' | 'snapshot' | 'known'>): readonly PlannedInstance[] {
  const listed = listedIds(snapshot);
  const locators = new Set<string>();
  for (const { id, locator } of snapshot.quarantined) if (id === undefined) locators.add(locator);
  return removalsOf(known, (instance) => {
    return instance.inventory === inventory && !listed.has(instance.id) && !locators.has(instance.locator);
  });
}

/** Instances whose records the CMDB says are gone. @param locators places of those records */
export function planNamedRemovals(
  { inventory, snapshot, known }: Pick<PlanInput, 'inventory' | 'snapshot' | 'known'>,
  locators: readonly string[],
): readonly PlannedInstance[] {
  const gone = new Set(locators);
  const listed = listedIds(snapshot);
  return removalsOf(known, (instance) => {
    return instance.inventory === inventory && gone.has(instance.locator) && !listed.has(instance.id);
  });
}

function removalsOf(
  known: PlanInput['known'],
  isGone: (instance: KnownInstance) => boolean,
): readonly PlannedInstance[] {
  const removals: PlannedInstance[] = [];
  for (const instance of known.values()) {
    if (!instance.removed && isGone(instance))
      removals.push({ kind: 'remove', id: instance.id, name: instance.name });
  }
  return removals;
}

function listedIds({ entries, quarantined }: InventorySnapshot): ReadonlySet<string> {
  const listed = new Set<string>();
  for (const { record } of entries) listed.add(record.id);
  for (const { id } of quarantined) if (id !== undefined) listed.add(id);
  return listed;
}

interface PlanContext {
  readonly check: GuestChecker;
  readonly identities: Map<string, IdentityValue>;
  /** Kept parts of those that are held. */
  readonly parts: ReadonlyMap<InstanceId, HeldParts>;
}

function planEntry(
  entry: InventoryEntry,
  input: PlanInput,
  { check, identities, parts }: PlanContext,
): { readonly instance: PlannedInstance | undefined; readonly problems: readonly RecordProblem[] } {
  const { record, locator, origins } = entry;
  const id = record.id as InstanceId;
  const known = input.known.get(id);
  const fingerprint = recordFingerprint(record, locator, origins);
  const isStored =
    known !== undefined &&
    !known.removed &&
    known.newest !== null &&
    known.fingerprint === fingerprint &&
    known.quarantine === noQuarantine;
  const isDue = isRenewalDue(known, input.renewBy);
  if (isStored && input.sameBasis && !input.force && !isDue) return { instance: undefined, problems: [] };
  const located = { ...entry, inventory: input.inventory };
  const composed = input.composer.compose(located);
  if (composed.kind === 'refused') {
    return {
      instance: quarantine(id, record.name, composed.problems, input.known),
      problems: composed.problems,
    };
  }
  const { problems } = composed;
  const composition = heldComposition(id, composed.composition, parts);
  const { identity } = composition.parts;
  identities.set(identity.key, identity.value);
  const sha256 = contentHash(composition);
  const isSame = known?.contentSha256 === sha256;
  const isNewContent = input.force || isDue || !isSame;
  if (!isNewContent && isStored) return { instance: undefined, problems };
  const invalid = isNewContent ? check(composition, located) : [];
  if (invalid.length > 0)
    return { instance: quarantine(id, record.name, invalid, input.known), problems: invalid };
  return {
    instance: {
      kind: 'save',
      id,
      entry,
      fingerprint,
      content: isNewContent ? { sha256, parts: composition.parts, renewal: isDue && isSame } : undefined,
      outcome: !isNewContent ? 'unchanged' : (known?.newest ?? null) === null ? 'created' : 'changed',
    },
    problems,
  };
}

/** Present instances whose newest generation is to be renewed by a time. */
export function dueRenewals(known: PlanInput['known'], renewBy: string): readonly InstanceId[] {
  const due: InstanceId[] = [];
  for (const instance of known.values()) {
    if (!instance.removed && isRenewalDue(instance, renewBy)) due.push(instance.id);
  }
  return due;
}

function isRenewalDue(known: KnownInstance | undefined, renewBy: string | undefined): boolean {
  const renewAt = known?.renewAt ?? null;
  return renewBy !== undefined && renewAt !== null && renewAt <= renewBy;
}

/** A record that is not in the store yet has nowhere to keep its quarantine: the run's problems name it. */
function quarantine(
  id: InstanceId | undefined,
  name: string,
  problems: readonly RecordProblem[],
  known: PlanInput['known'],
): PlannedInstance {
  const stored = id === undefined ? undefined : known.get(id);
  const isNews = stored !== undefined && stored.quarantine !== JSON.stringify(problems);
  return { kind: 'quarantine', id, name, problems, isNews };
}
