import type { Clock } from '../../domain/clock.ts';

/** Lets so much through in a time, and no more. */
export interface RateLimit {
  /** Whether one more may pass now; it counts if so. */
  take(): boolean;
}

/** A limit that lets `burst` through at once and is as good as new at `perSecond` (token bucket). */
export function createRateLimit(
  { clock }: { readonly clock: Clock },
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
): RateLimit {
  let left = burst;
  let at = clock.now().getTime();
  return {
    take() {
      const now = clock.now().getTime();
      left = Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond);
      at = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
