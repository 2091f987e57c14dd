/** Runs work, so much at a time. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** A limiter that lets `limit` pieces of work run at once; others wait in order of arrival. */
export function createLimiter(limit: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // A place goes straight to the next in the queue, so that nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
