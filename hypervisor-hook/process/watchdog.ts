import type { Clock } from './clock.ts';

/** How the process ends if it does not end by itself. */
export interface Verdict {
  readonly status: 0 | 1;
  /** One line for standard error. */
  readonly line: string;
}

/** Ends the process at a deadline, whatever it is doing. */
export interface Watchdog {
  /** Replaces the deadline, in milliseconds since the process started. */
  setDeadline(deadlineMs: number): void;
  /** Replaces the verdict. */
  setVerdict(verdict: Verdict): void;
  /** Milliseconds left; 0 at least. */
  remainingMs(): number;
  /** Takes the deadline away. */
  stop(): void;
}

/** Starts a watchdog. `end` writes the line and leaves the process at once. */
export function startWatchdog(
  clock: Clock,
  end: (verdict: Verdict) => void,
  initial: { readonly deadlineMs: number; readonly verdict: Verdict },
): Watchdog {
  let { deadlineMs, verdict } = initial;
  let timer: NodeJS.Timeout | undefined;
  const remainingMs = (): number => Math.max(0, deadlineMs - clock.elapsedMs());
  const arm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end(verdict), remainingMs());
  };
  arm();
  return {
    setDeadline(replacement) {
      deadlineMs = replacement;
      arm();
    },
    setVerdict(replacement) {
      verdict = replacement;
    },
    remainingMs,
    stop: () => clearTimeout(timer),
  };
}
