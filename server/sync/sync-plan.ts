import type { InstanceOutcome, RecordProblem } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { GuestComposer } from '../domain/compose/compose-guest.ts';
import type { Composition } from '../domain/compose/composition.ts';
import type { LocatedRecord } from '../domain/compose/instance-section.ts';
import { contentHash } from '../domain/content-hash.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { InventoryEntry, InventorySnapshot } from '../inventory/inventory.ts';
import { type KnownInstance, recordFingerprint } from './known-instances.ts';

/** What is to be done with one instance. */
export type PlannedInstance =
  | {
      readonly kind: 'save';
      readonly id: InstanceId;
      readonly entry: InventoryEntry;
      /**
       * Composes the new content again: a plan for 100,000 instances cannot hold it. Undefined where only the record
       * changed (its hypervisor, say).
       */
      readonly compose: (() => Composition) | undefined;
      readonly contentSha256: string;
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

/** All that a run will do; nothing is said of instances that stay as they are. */
export interface SyncPlan {
  readonly instances: readonly PlannedInstance[];
  readonly unchanged: number;
  /** Problems of records and entries, each once. */
  readonly problems: readonly RecordProblem[];
}

/** What a plan is made from. */
export interface PlanInput {
  readonly inventory: string;
  readonly snapshot: InventorySnapshot;
  readonly composer: GuestComposer;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  /** Problems found while reading the directory. */
  readonly rejected: readonly RecordProblem[];
  /** A new generation for every instance, content changed or not. */
  readonly force: boolean;
}

/** Composes every instance of a snapshot and compares it with what is stored. Pure but for its validators. */
export function planInstances(input: PlanInput, validators: Validators): SyncPlan {
  const problems = new Map<string, RecordProblem>();
  const note = (found: readonly RecordProblem[]) => {
    for (const problem of found) problems.set(JSON.stringify(problem), problem);
  };
  note(input.rejected);
  const instances: PlannedInstance[] = [];
  let unchanged = 0;
  for (const { id, locator, problems: found } of input.snapshot.quarantined) {
    note(found);
    instances.push(quarantine(id as InstanceId | undefined, locator, found, input.known));
  }
  for (const entry of input.snapshot.entries) {
    const planned = planEntry(entry, input, validators);
    note(planned.problems);
    if (planned.instance === undefined) unchanged++;
    else instances.push(planned.instance);
  }
  return { instances, unchanged, problems: [...problems.values()] };
}

/**
 * Instances that the whole CMDB no longer lists. A record that was refused is still listed: it counts by its id,
 * or, where that is what is wrong with it, by its place.
 */
export function planRemovals(
  input: Pick<PlanInput, 'inventory' | 'snapshot' | 'known'>,
): readonly PlannedInstance[] {
  const listed = new Set<string>(input.snapshot.entries.map(({ record }) => record.id));
  const locators = new Set<string>();
  for (const { id, locator } of input.snapshot.quarantined) {
    if (id === undefined) locators.add(locator);
    else listed.add(id);
  }
  const removals: PlannedInstance[] = [];
  for (const [id, instance] of input.known) {
    if (instance.removed || instance.inventory !== input.inventory) continue;
    if (!listed.has(id) && !locators.has(instance.locator))
      removals.push({ kind: 'remove', id, name: instance.name });
  }
  return removals;
}

function planEntry(
  entry: InventoryEntry,
  input: PlanInput,
  validators: Validators,
): { readonly instance: PlannedInstance | undefined; readonly problems: readonly RecordProblem[] } {
  const { record, locator } = entry;
  const id = record.id as InstanceId;
  const { origins, lastChange } = entry;
  const located = { record, locator, inventory: input.inventory, origins, lastChange };
  const composed = input.composer.compose(located);
  if (composed.kind === 'refused') {
    return {
      instance: quarantine(id, record.name, composed.problems, input.known),
      problems: composed.problems,
    };
  }
  const contentSha256 = contentHash(composed.composition);
  const known = input.known.get(id);
  const isNewContent = input.force || known?.contentSha256 !== contentSha256;
  const isStored =
    known !== undefined && !known.removed && known.fingerprint === recordFingerprint(record, locator, []);
  if (!isNewContent && isStored) return { instance: undefined, problems: composed.problems };
  const invalid = isNewContent ? guestProblems(composed.composition, located, validators) : [];
  if (invalid.length > 0)
    return { instance: quarantine(id, record.name, invalid, input.known), problems: invalid };
  return {
    instance: {
      kind: 'save',
      id,
      entry,
      compose: isNewContent ? () => recompose(located, input) : undefined,
      contentSha256,
      outcome: known?.newest === undefined ? 'created' : isNewContent ? 'changed' : 'unchanged',
    },
    problems: composed.problems,
  };
}

/** What goes out is validated again, whatever the boundaries let in. */
function guestProblems(
  { guest }: Composition,
  { inventory, locator }: LocatedRecord,
  validators: Validators,
): readonly RecordProblem[] {
  const validated = validators.guestConfiguration(guest);
  if (validated.kind === 'valid') return [];
  return validated.problems.map(({ pointer, message, remedy }) => ({
    source: inventory,
    record: locator,
    field: `guest configuration ${pointer}`,
    message,
    remedy,
  }));
}

function recompose(located: LocatedRecord, input: PlanInput): Composition {
  const composed = input.composer.compose(located);
  if (composed.kind === 'refused')
    throw new Error('composing is pure: what was composed once cannot be refused');
  return composed.composition;
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
