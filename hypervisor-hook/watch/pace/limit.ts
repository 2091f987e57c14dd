/** Runs tasks, a bounded number of them at a time, in the order in which they came. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** A limit of so many tasks at a time. */
export function createLimit(most: number): Limit {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // Whoever waits takes the place over.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
