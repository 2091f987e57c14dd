import type { Effect, InstanceOutcome, SyncRun } from '../../schemas/types/api.ts';

const recordedOutcomes = 1000;
const recordedEffects = 1000;
/** Different changes that are counted; a run that makes more of them at once is summed up by its counts. */
const countedEffects = 100_000;
const namedExamples = 3;

/** What a run is started with. */
export interface RunStart {
  readonly id: string;
  readonly kind: SyncRun['kind'];
  readonly actor: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly startedAt: string;
}

/** The record of a run that begins. */
export function newRun(start: RunStart): SyncRun {
  return {
    ...start,
    state: 'running',
    finishedAt: null,
    progress: { phase: 'fetching', done: 0, total: null },
    reading: null,
    policyVersion: null,
    durations: { fetch: null, plan: null, commit: null },
    counts: { instances: 0, created: 0, changed: 0, unchanged: 0, removed: 0, quarantined: 0 },
    effects: [],
    problems: [],
    outcomes: [],
    error: null,
  };
}

/** Counts what a run did, instance by instance. */
export interface RunTally {
  note(outcome: InstanceOutcome): void;
  /** Writes the effects into the run. */
  finish(): void;
}

/** A tally that counts into the run. */
export function createRunTally(run: SyncRun): RunTally {
  const effects = new Map<string, Effect>();
  return {
    note(outcome) {
      run.counts[outcome.outcome]++;
      if (outcome.outcome !== 'unchanged' && run.outcomes.length < recordedOutcomes)
        run.outcomes.push(outcome);
      for (const { action, section, subject } of outcome.changes) {
        const key = `${action}\0${section}\0${subject}`;
        const known = effects.get(key);
        if (known !== undefined) {
          known.instances++;
          if (known.examples.length < namedExamples) known.examples.push(outcome.name);
        } else if (effects.size < countedEffects) {
          effects.set(key, { action, section, subject, instances: 1, examples: [outcome.name] });
        }
      }
    },
    finish() {
      run.effects = [...effects.values()].sort((a, b) => b.instances - a.instances).slice(0, recordedEffects);
    },
  };
}
