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
  readonly changes?: GenerationChanges | undefined;
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

  function record({ changes, ...outcome }: NotedOutcome): void {
    if (run.outcomes.length >= recordedOutcomes) return;
    const size = changes === undefined ? 0 : countChanges(changes);
    const fits = size <= roomForChanges;
    if (fits) roomForChanges -= size;
    run.outcomes.push({
      ...outcome,
      changes: changes === undefined || !fits ? [] : [...allChanges(changes)],
      ...(fits ? {} : { omittedChanges: size }),
    });
  }

  return {
    note(outcome) {
      const { name, changes } = outcome;
      run.counts[outcome.outcome]++;
      if (outcome.outcome !== 'unchanged') record(outcome);
      if (changes === undefined) return;
      // What a new machine has for itself is no news about others.
      if (outcome.outcome === 'changed') for (const change of changes.own) count(change, 1, [name]);
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
