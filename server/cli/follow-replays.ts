import { setTimeout as sleep } from 'node:timers/promises';
import type { Replay, ReplayOutcome } from '../../schemas/types/api.ts';
import type { ApiClient } from './api-client.ts';
import type { Output } from './output/output.ts';

/** How the replay of one instance ended. */
export interface ReplayEnd extends Pick<ReplayOutcome, 'instance' | 'name'> {
  readonly outcome: NonNullable<Replay['outcome']>;
  readonly endedAt: string;
}

/** What following works with. */
export interface FollowReplaysPorts {
  readonly api: Pick<ApiClient, 'instance'>;
  readonly output: Output;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

/** Milliseconds from one look at all to the next. */
const usualPaceMs = 2000;

/** Waits until each of these replays has ended, and shows how many have. Each ends, at the latest when its time is over. */
export async function followReplays(
  { api, output, signal }: FollowReplaysPorts,
  started: readonly ReplayOutcome[],
  paceMs: number = usualPaceMs,
): Promise<readonly ReplayEnd[]> {
  return await output.progress('replaying', async (update) => {
    const ends = new Map<string, ReplayEnd>();
    for (;;) {
      let attached = 0;
      for (const { instance, name } of started) {
        if (ends.has(instance)) continue;
        const { replay } = await api.instance(instance);
        if (replay === undefined) continue;
        const { attachedAt, endedAt, outcome } = replay;
        if (endedAt !== null && outcome !== null) ends.set(instance, { instance, name, outcome, endedAt });
        else if (attachedAt !== null) attached += 1;
      }
      if (ends.size === started.length) return started.flatMap(({ instance }) => ends.get(instance) ?? []);
      update(`${ends.size} of ${started.length} ended, ${attached} more attached`);
      await sleep(paceMs, undefined, { signal });
    }
  });
}
