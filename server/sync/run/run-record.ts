import type { SyncRun } from '../../../schemas/types/api.ts';

/** The most problems that the record of a run holds. */
export const recordedProblems = 1000;

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
