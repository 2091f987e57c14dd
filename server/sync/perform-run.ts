import type { RecordProblem, SyncRun } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { IdentityValue } from '../domain/compose/composition.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Inventory, InventoryEntry } from '../inventory/inventory.ts';
import { type KnownInstance, noQuarantine } from '../store/store.ts';
import { type Commission, type CommitPorts, commitPlan, foresee } from './commit/commit-plan.ts';
import { type GuardOptions, guardObjections } from './guard/sync-guard.ts';
import { createHeldBack, type HeldBack } from './holds/held-back.ts';
import type { HoldSteering } from './holds/hold-steering.ts';
import {
  dueRenewals,
  type PlannedInstance,
  planInstances,
  planNamedRemovals,
  planRemovals,
  type SyncPlan,
} from './plan/sync-plan.ts';
import { type Reading, storedEntries, storedEntriesOf } from './read/reading.ts';
import type { SourcesRead } from './read/sync-sources.ts';
import { noteBasis, type SyncState, saveSyncState } from './read/sync-state.ts';
import { recordedProblems } from './run/run-record.ts';
import type { NotedOutcome, RunTally } from './run/run-tally.ts';

/** How a run gets what it works on. */
export interface Work {
  readonly read: (signal: AbortSignal) => Promise<SourcesRead>;
  /** A new generation for every instance, content changed or not. */
  readonly force?: boolean;
  /** A person's reason for letting through what the guard would stop. */
  readonly overrideGuard?: string | undefined;
  /** How it changes what is held back; absent: it does not. */
  readonly steering?: HoldSteering | undefined;
}

/** What runs work with. */
export interface PerformerPorts extends CommitPorts {
  readonly inventory: Inventory;
  readonly validators: Validators;
}

/** Bounds of a run. */
export interface PerformerOptions {
  /** Milliseconds that reading may take. */
  readonly fetchTimeoutMs: number;
  readonly guard: GuardOptions;
}

/** What planning gives. */
interface Planned extends Pick<SyncPlan, 'lasting' | 'identities'> {
  readonly planned: PlannedInstance[];
}

/** What a run is to commit, and what to remember afterwards. */
interface Prepared extends Pick<SourcesRead, 'basis' | 'state'> {
  readonly next: SyncState | undefined;
  readonly commission: Commission;
}

/** Carries runs out, once they are alone: fetch → validate → diff → guard → commit. What fails, throws. */
export function createPerformer(
  ports: PerformerPorts,
  options: PerformerOptions,
): (run: SyncRun, tally: RunTally, work: Work) => Promise<void> {
  const { store, inventory, clock } = ports;

  /** Times a phase and says that it is under way. */
  async function phase<T>(
    run: SyncRun,
    name: 'fetching' | 'planning' | 'committing',
    work: () => Promise<T>,
  ): Promise<T> {
    const key = ({ fetching: 'fetch', planning: 'plan', committing: 'commit' } as const)[name];
    run.progress = { phase: name, done: 0, total: null };
    const start = clock.now().getTime();
    try {
      return await work();
    } finally {
      run.durations[key] = clock.now().getTime() - start;
    }
  }

  function progress(run: SyncRun, done: number, total: number): void {
    if (run.progress === undefined) return;
    run.progress.done = done;
    run.progress.total = total;
  }

  async function plan(
    run: SyncRun,
    { reading, basis, recompose, sameBasis, state }: SourcesRead,
    { force, held }: { readonly force: boolean; readonly held: HeldBack },
  ): Promise<Planned> {
    const { snapshot, known, removed } = reading;
    // A trial of a policy is about what that policy changes.
    const renewBy = run.kind === 'policy-trial' ? undefined : clock.now().toISOString();
    const input = {
      snapshot,
      known,
      force,
      held,
      sameBasis,
      renewBy,
      inventory: inventory.name,
      composer: basis.composer,
      rejected: basis.rejected,
      lasting: sameBasis ? (state?.problems ?? []) : [],
      stored: recompose === 'all' ? storedEntries(store) : beside(reading, renewBy),
    };
    const read = snapshot.entries.length + snapshot.quarantined.length;
    const total = recompose === 'all' ? Math.max(read, known.size) : read;
    const { instances, unchanged, problems, lasting, identities } = await planInstances(
      input,
      ports.validators,
      (done) => progress(run, done, total),
    );
    const removals = reading.kind === 'whole' ? planRemovals(input) : planNamedRemovals(input, removed);
    const planned = [...instances, ...removals];
    const stillWrong = reading.kind === 'selection' ? [] : quarantinesBeside(known, planned);
    run.problems = [...problems, ...stillWrong].slice(0, recordedProblems);
    run.counts.unchanged = reading.kind === 'selection' ? unchanged : untouched(known, planned);
    run.counts.instances = run.counts.unchanged + instances.length;
    const kept = countHeld(known, held);
    if (kept > 0) run.counts.held = kept;
    return { planned, identities, lasting: lasting.slice(0, recordedProblems) };
  }

  /** Records that the CMDB did not name, as nothing of theirs changed, and whose generations are to be renewed. */
  function beside(
    { kind, known, removed }: Reading,
    renewBy: string | undefined,
  ): AsyncIterable<readonly InventoryEntry[]> | undefined {
    if (kind !== 'changes' || renewBy === undefined) return undefined;
    const gone = new Set(removed);
    const due = dueRenewals(known, renewBy).filter((id) => !gone.has(known.get(id)?.locator ?? ''));
    return due.length === 0 ? undefined : storedEntriesOf(store, due);
  }

  /** Whether the run may go on. A dry run does: what it would come to is what one needs to see then. */
  async function guard(
    run: SyncRun,
    { reading }: SourcesRead,
    { planned, identities }: Planned,
    overrideGuard: string | undefined,
  ): Promise<boolean> {
    if (planned.length === 0 || run.kind === 'policy-trial') return true;
    const objections = await guardObjections(
      {
        planned,
        known: reading.known,
        // Written by composing an identity, under a key that only such a part has.
        identity: async (key) =>
          identities.get(key) ?? ((await store.part(key))?.value as IdentityValue | undefined),
      },
      options.guard,
    );
    if (objections.length === 0) return true;
    const objection = objections.join('; ');
    if (overrideGuard === undefined) {
      run.state = 'stopped-by-guard';
      run.error = `${objection}: nothing was changed. Check CMDB, directory and policy; if this is right, sync with --override-guard REASON`;
      return run.dryRun;
    }
    if (run.dryRun) return true;
    await store.transaction((transaction) =>
      transaction.appendEvent({
        at: clock.now().toISOString(),
        actor: run.actor,
        action: 'guard-overridden',
        instance: null,
        reason: overrideGuard,
        details: { run: run.id, objections },
      }),
    );
    return true;
  }

  /** Reads, plans and asks the guard. What was read is let go of afterwards, but for what the commit needs. */
  async function prepare(
    run: SyncRun,
    { read, force = false, overrideGuard, steering }: Work,
  ): Promise<Prepared | undefined> {
    const sources = await phase(run, 'fetching', () => read(AbortSignal.timeout(options.fetchTimeoutMs)));
    const { basis, reading, state, next } = sources;
    run.reading = reading.kind;
    run.policyVersion = basis.policyVersion;
    const present = await store.holds();
    const held = createHeldBack(store, steering?.steer(present) ?? present);
    const plans = await phase(run, 'planning', () => plan(run, sources, { force, held }));
    const { planned, lasting } = plans;
    if (!(await guard(run, sources, plans, overrideGuard))) return undefined;
    const { composer } = basis;
    const remembered = next === undefined ? undefined : { ...next, problems: lasting };
    return {
      basis,
      state,
      next: remembered,
      commission: {
        planned,
        composer,
        held,
        steering,
        known: reading.known,
        inventory: inventory.name,
      },
    };
  }

  async function commit(
    run: SyncRun,
    { commission, basis, state, next }: Prepared,
    note: (outcome: NotedOutcome) => void,
  ): Promise<void> {
    const { actor, reason, id } = run;
    const attribution = { actor, reason, run: id, policyVersion: basis.policyVersion };
    await commitPlan(ports, commission, attribution, note);
    await store.transaction(async (transaction) => {
      if (next === undefined) await noteBasis(transaction, state, basis.fingerprint);
      else await saveSyncState(transaction, next);
      await commission.steering?.ended(transaction);
    });
  }

  return async (run, tally, work) => {
    const prepared = await prepare(run, work);
    if (prepared === undefined) return;
    const { commission } = prepared;
    const total = commission.planned.length;
    let done = 0;
    const note = (outcome: NotedOutcome): void => {
      tally.note(outcome);
      progress(run, ++done, total);
    };
    await phase(run, 'committing', () =>
      run.dryRun ? foresee(store, commission, note) : commit(run, prepared, note),
    );
  };
}

/** How many instances a plan for all of them leaves as they are. */
function untouched(known: ReadonlyMap<string, KnownInstance>, planned: readonly PlannedInstance[]): number {
  let count = 0;
  for (const { removed } of known.values()) if (!removed) count++;
  for (const { id } of planned) if (id !== undefined && known.get(id)?.removed === false) count--;
  return count;
}

function countHeld(known: ReadonlyMap<InstanceId, KnownInstance>, held: HeldBack): number {
  let count = 0;
  for (const { id, removed } of known.values()) if (!removed && held.hold(id) !== undefined) count++;
  return count;
}

/** What is wrong with records that were set aside before and that a run does not look at. */
function quarantinesBeside(
  known: ReadonlyMap<string, KnownInstance>,
  planned: readonly PlannedInstance[],
): readonly RecordProblem[] {
  const touched = new Set<string | undefined>(planned.map(({ id }) => id));
  return [...known.values()].flatMap(({ id, removed, quarantine }) =>
    removed || quarantine === noQuarantine || touched.has(id)
      ? []
      : (JSON.parse(quarantine) as RecordProblem[]),
  );
}
