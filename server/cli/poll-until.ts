import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type ErrorCode } from '../domain/errors.ts';
import type { Output } from './output/output.ts';

/** What is asked again and again. */
export interface Question<T> {
  /** Label of the progress display. */
  readonly label: string;
  readonly ask: () => Promise<T>;
  readonly isDone: (answer: T) => boolean;
  /** How far it is, in a few words. */
  readonly tell: (answer: T) => string;
  /** Seconds after which one looks no more; absent: never. */
  readonly timeoutSeconds?: number | undefined;
}

/** Milliseconds from one question to the next, and how long the server may be away. */
export interface PollPace {
  readonly everyMs: number;
  readonly patienceMs: number;
}

const usualPace: PollPace = { everyMs: 2000, patienceMs: 120_000 };

/** What passes by: the server restarts, the network comes back. */
const passing: ReadonlySet<ErrorCode> = new Set(['server-unreachable', 'timeout', 'storage-failed', 'busy']);

/**
 * Asks until it is done or the time is over, and shows how far it is: in place on a terminal, else a line whenever that
 * changes. A server that is away for a while is waited for.
 */
export async function pollUntil<T>(
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
  { label, ask, isDone, tell, timeoutSeconds }: Question<T>,
  { everyMs, patienceMs }: PollPace = usualPace,
): Promise<{ readonly kind: 'done' | 'timed-out'; readonly answer: T }> {
  const startedAt = performance.now();
  const isOver = (): boolean =>
    timeoutSeconds !== undefined && performance.now() - startedAt >= timeoutSeconds * 1000;
  let told = '';
  const say = (text: string, update: (state: string) => void): void => {
    update(text);
    if (output.live || text === told) return;
    told = text;
    output.message((page) => {
      page.line(`${label}: ${text}`);
    });
  };
  return await output.progress(label, async (update) => {
    let lostAt: number | undefined;
    for (;;) {
      try {
        const answer = await ask();
        lostAt = undefined;
        say(tell(answer), update);
        if (isDone(answer)) return { kind: 'done', answer };
        if (isOver()) return { kind: 'timed-out', answer };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof AppError) || !passing.has(error.code)) throw error;
        lostAt ??= performance.now();
        if (isOver() || performance.now() - lostAt > patienceMs) throw error;
        say('the server does not answer, trying again', update);
      }
      await sleep(everyMs, undefined, { signal });
    }
  });
}
