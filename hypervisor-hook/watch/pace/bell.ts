import { pause } from './pause.ts';

/** Wakes what waits, at once or when it next waits. */
export interface Bell {
  ring(): void;
  /** Settles when the bell rings, the time is over or the signal aborts. Never throws. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** A bell for one waiter. */
export function createBell(): Bell {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async wait(milliseconds, signal) {
      await pause(milliseconds, AbortSignal.any([rung.signal, signal]));
      rung = new AbortController();
    },
  };
}
