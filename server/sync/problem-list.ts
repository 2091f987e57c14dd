import type { RecordProblem } from '../../schemas/types/api.ts';

/** Problems, each once. */
export interface ProblemList {
  note(problems: readonly RecordProblem[]): void;
  /** In the order in which they were first noted. */
  all(): readonly RecordProblem[];
}

/** An empty list. Instances share their lists of problems, so a list that was noted is not looked through again. */
export function createProblemList(): ProblemList {
  const noted = new Set<readonly RecordProblem[]>();
  const problems = new Map<string, RecordProblem>();
  return {
    note(found) {
      if (found.length === 0 || noted.has(found)) return;
      noted.add(found);
      for (const problem of found) problems.set(JSON.stringify(problem), problem);
    },
    all: () => [...problems.values()],
  };
}
