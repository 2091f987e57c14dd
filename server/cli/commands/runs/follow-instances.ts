import type { FollowedInstance, RunProgress } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import type { ApiClient } from '../../api-client.ts';
import type { Output } from '../../output/output.ts';
import { type PollPace, pollUntil } from '../../poll-until.ts';
import { followedText } from '../../views/followed-view.ts';

/** What following instances works with. */
export interface FollowInstancesPorts {
  readonly api: Pick<ApiClient, 'runTargets'>;
  readonly output: Output;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

/** How it went. */
export interface Followed {
  readonly kind: 'done' | 'timed-out';
  /** With all instances. */
  readonly progress: RunProgress;
}

const pageSize = 1000;

/**
 * Waits until all instances of a regenerate have applied what it made, or failed, or the time is over. One question for
 * counts at a time, however many there are; instances are listed once, at the end. Who interrupts only stops looking.
 */
export async function followInstances(
  { api, output, signal }: FollowInstancesPorts,
  run: string,
  timeoutSeconds: number,
  pace?: PollPace,
): Promise<Followed> {
  try {
    const { kind } = await pollUntil(
      { output, signal },
      {
        label: 'waiting for the machines',
        timeoutSeconds,
        ask: async () => await countsOf(api, run),
        isDone: ({ counts }) => counts.waiting + counts.attached === 0,
        tell: ({ counts }) => followedText(counts),
      },
      pace,
    );
    return { kind, progress: await whole(api, run) };
  } catch (error) {
    if (signal.aborted) {
      output.message((page) => {
        page.line(
          'the new drives stay as they are and the machines get them: `ubugi list --pending` shows how far they are',
        );
      });
    }
    throw error;
  }
}

/** A run of no instances has nothing to follow. */
async function countsOf(api: FollowInstancesPorts['api'], run: string): Promise<RunProgress> {
  try {
    return await api.runTargets(run, {});
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return nothing(run);
    throw error;
  }
}

async function whole(api: FollowInstancesPorts['api'], run: string): Promise<RunProgress> {
  const instances: FollowedInstance[] = [];
  let after: string | undefined;
  for (;;) {
    try {
      const page: RunProgress = await api.runTargets(run, { after, limit: pageSize });
      instances.push(...page.instances);
      if (page.next === null) return { ...page, instances };
      after = page.next;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-found') return nothing(run);
      throw error;
    }
  }
}

function nothing(run: string): RunProgress {
  const counts = { total: 0, waiting: 0, attached: 0, applied: 0, failed: 0, removed: 0 };
  return { run, counts, instances: [], next: null };
}
