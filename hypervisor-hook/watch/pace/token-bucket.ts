import type { Clock } from '../../process/clock.ts';

/** How often something may happen: so many at once, then one every so many milliseconds. */
export interface Pace {
  readonly burst: number;
  readonly everyMs: number;
}

/** Keeps a pace. */
export interface TokenBucket {
  /** Takes a token, and one on credit where there is none. @returns milliseconds until the credit is paid back */
  take(): number;
}

/** A full bucket. */
export function createTokenBucket(clock: Pick<Clock, 'elapsedMs'>, { burst, everyMs }: Pace): TokenBucket {
  let tokens = burst;
  let at = clock.elapsedMs();
  return {
    take() {
      const now = clock.elapsedMs();
      tokens = Math.min(burst, tokens + (now - at) / everyMs) - 1;
      at = now;
      return tokens >= 0 ? 0 : -tokens * everyMs;
    },
  };
}
