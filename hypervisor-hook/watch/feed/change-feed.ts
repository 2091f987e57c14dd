import type { ChangesAnswer } from '../../metadata-server/host-server.ts';
import type { Clock } from '../../process/clock.ts';
import { type BackOffOptions, backOffMs, type Random } from '../pace/back-off.ts';
import { pause } from '../pace/pause.ts';
import type { Changes } from './changes-answer.ts';

/** What the feed needs of the world. */
export interface ChangeFeedPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the server. Never throws. */
  readonly ask: (
    after: string | undefined,
    waitSeconds: number,
    signal: AbortSignal,
  ) => Promise<ChangesAnswer>;
  /** Where the last answer that was noted ended. */
  readonly cursor: () => string | undefined;
  /** Takes in what changed, cursor included; settles when it is on disk. @throws the system's error */
  readonly note: (changes: Changes) => Promise<void>;
  /** Told of every answer: the reason why there was none, or undefined. */
  readonly answered: (problem: string | undefined) => void;
}

/** How the feed asks. */
export interface ChangeFeedOptions {
  readonly waitSeconds: number;
  readonly backOff: BackOffOptions;
}

/** A server that answers at once without news is asked no more often, in milliseconds. */
const leastIntervalMs = 1000;

/** Follows what changes on this host until the signal aborts. Never throws. */
export async function followChanges(
  { clock, random, ask, cursor, note, answered }: ChangeFeedPorts,
  { waitSeconds, backOff }: ChangeFeedOptions,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  // The first answer comes at once: what changed while there was no daemon is not waited for.
  let wait = 0;
  while (!signal.aborted) {
    const askedAt = clock.elapsedMs();
    const after = cursor();
    const answer = await ask(after, wait, signal);
    if (signal.aborted) return;
    const problem = answer.kind === 'changes' ? await noted(answer.changes, note) : answer.reason;
    answered(problem);
    if (problem !== undefined) {
      failures += 1;
      wait = 0;
      await pause(backOffMs(failures, backOff, random), signal);
      continue;
    }
    const tooSoon = wait > 0 && cursor() === after && clock.elapsedMs() - askedAt < leastIntervalMs;
    failures = 0;
    wait = waitSeconds;
    if (tooSoon) await pause(leastIntervalMs * (1 + random()), signal);
  }
}

async function noted(
  changes: Changes,
  note: (changes: Changes) => Promise<void>,
): Promise<string | undefined> {
  try {
    await note(changes);
    return undefined;
  } catch (error) {
    // On disk the old cursor stays: whatever happens, the server says it again.
    const reason = error instanceof Error ? error.message : 'unknown error';
    return `what changed cannot be kept (${reason}): see to the disk of stateFolder`;
  }
}
