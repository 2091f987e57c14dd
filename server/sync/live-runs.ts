import type { SyncRun } from '../../schemas/types/api.ts';

/** Runs of this process: those under way, and the last ones that ended, which for dry runs are kept nowhere else. */
export interface LiveRuns {
  add(run: SyncRun): void;
  /** A copy of the run as it stands now. */
  get(id: string): SyncRun | undefined;
}

const remembered = 16;

/** An empty register. */
export function createLiveRuns(): LiveRuns {
  const runs = new Map<string, SyncRun>();
  return {
    add(run) {
      for (const [id, { state }] of runs) {
        if (runs.size < remembered) break;
        if (state !== 'running') runs.delete(id);
      }
      runs.set(run.id, run);
    },
    get(id) {
      const run = runs.get(id);
      return run === undefined ? undefined : copyOf(run);
    },
  };
}

/** No deeper than a run changes: what became of an instance is noted once, and there is much of it. */
function copyOf(run: SyncRun): SyncRun {
  return {
    ...run,
    ...(run.progress === undefined ? {} : { progress: { ...run.progress } }),
    durations: { ...run.durations },
    counts: { ...run.counts },
    effects: [...run.effects],
    problems: [...run.problems],
    outcomes: [...run.outcomes],
  };
}
