import type { Change, Effect, InstanceOutcome, SyncRun } from '../../schemas/types/api.ts';
import { allChanges, countChanges, type GenerationChanges } from './generation-differ.ts';

const recordedOutcomes = 1000;
/** Lines of change over all recorded outcomes: a first sync of machines with 60 accounts has 200 each. */
const recordedChanges = 20_000;
const recordedEffects = 1000;
/** Different changes that are counted; a run that makes more of them at once is summed up by its counts. */
const countedEffects = 100_000;
const namedExamples = 3;

/** What became of one instance. */
export interface NotedOutcome extends Omit<InstanceOutcome, 'changes'> {
  /** Works the changes out: of a first sync of 100,000 machines few are looked at. Undefined if there are none. */
  readonly changes?: (() => GenerationChanges) | undefined;
}

/** Counts what a run did, instance by instance. */
export interface RunTally {
  note(outcome: NotedOutcome): void;
  /** Writes the effects into the run. */
  finish(): void;
}

interface Group {
  count: number;
  readonly examples: string[];
}

/** A tally that counts into the run. */
export function createRunTally(run: SyncRun): RunTally {
  /** Changes of shared parts are counted by the list, once for all instances that have it. */
  const shared = new Map<readonly Change[], Group>();
  const effects = new Map<string, Effect>();
  let roomForChanges = recordedChanges;

  function count({ action, section, subject }: Change, instances: number, examples: readonly string[]): void {
    const key = `${action}\0${section}\0${subject}`;
    const known = effects.get(key);
    if (known !== undefined) {
      known.instances += instances;
      known.examples = [...known.examples, ...examples].slice(0, namedExamples);
    } else if (effects.size < countedEffects) {
      effects.set(key, { action, section, subject, instances, examples: [...examples] });
    }
  }

  function record({ changes: work, ...outcome }: NotedOutcome): void {
    if (run.outcomes.length >= recordedOutcomes) return;
    const changes = work === undefined || roomForChanges <= 0 ? undefined : work();
    roomForChanges -= changes === undefined ? 0 : countChanges(changes);
    run.outcomes.push({
      ...outcome,
      changes: changes === undefined ? [] : [...allChanges(changes)],
      ...(work === undefined || changes !== undefined ? {} : { omittedChanges: true }),
    });
  }

  return {
    note(outcome) {
      const { name } = outcome;
      run.counts[outcome.outcome]++;
      if (outcome.outcome !== 'unchanged') record(outcome);
      // That a new machine has all it has is no change of anything.
      if (outcome.outcome !== 'changed' || outcome.changes === undefined) return;
      const changes = outcome.changes();
      for (const change of changes.own) count(change, 1, [name]);
      for (const list of changes.shared) {
        const group = shared.get(list) ?? { count: 0, examples: [] };
        group.count++;
        if (group.examples.length < namedExamples) group.examples.push(name);
        shared.set(list, group);
      }
    },
    finish() {
      for (const [changes, group] of shared)
        for (const change of changes) count(change, group.count, group.examples);
      run.effects = [...effects.values()].sort((a, b) => b.instances - a.instances).slice(0, recordedEffects);
    },
  };
}
