/** What keeps something from being as it should. */
export interface Problem {
  /** Half a sentence. */
  readonly message: string;
  /** When it was first seen without a break, ISO 8601. */
  readonly since: string;
  readonly attempts: number;
}

/** Present problems, by what they are about. */
export interface ProblemBook {
  /** Notes the outcome of an attempt. @returns whether it is news: another problem than before, or none after one */
  note(about: string, message: string | undefined): boolean;
  readonly of: (about: string) => Problem | undefined;
  /** The problem that was noted last and still is one. */
  readonly last: () => Problem | undefined;
}

/** An empty book. */
export function createProblemBook(now: () => Date): ProblemBook {
  // In the order in which they were noted last.
  const problems = new Map<string, Problem>();
  return {
    note(about, message) {
      const known = problems.get(about);
      problems.delete(about);
      if (message === undefined) return known !== undefined;
      // A message that only counts on, such as minutes, is no news.
      const same = known !== undefined && withoutNumbers(known.message) === withoutNumbers(message);
      problems.set(about, {
        message,
        since: known?.since ?? now().toISOString(),
        attempts: (known?.attempts ?? 0) + 1,
      });
      return !same;
    },
    of: (about) => problems.get(about),
    last: () => [...problems.values()].at(-1),
  };
}

function withoutNumbers(message: string): string {
  return message.replaceAll(/\d+/g, '#');
}
