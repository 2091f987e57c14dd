import type { Clock } from '../../domain/clock.ts';

/** Lets so much through in a time, and no more. */
export interface RateLimit {
  /** Whether one more may pass now; it counts if so. */
  take(): boolean;
}

/** The same for each of many, by key. */
export interface RateLimits {
  take(key: string): boolean;
}

/** Keys that are remembered; beyond it, the one that was used longest ago is forgotten. */
const mostKeys = 20_000;

/** A limit of its own for each key. */
export function createRateLimits(
  ports: { readonly clock: Clock },
  rate: { readonly burst: number; readonly perSecond: number },
): RateLimits {
  const limits = new Map<string, RateLimit>();
  return {
    take(key) {
      const limit = limits.get(key) ?? createRateLimit(ports, rate);
      // A map keeps the order of insertion.
      limits.delete(key);
      limits.set(key, limit);
      const [oldest] = limits.keys();
      if (limits.size > mostKeys && oldest !== undefined) limits.delete(oldest);
      return limit.take();
    },
  };
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
