import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { sortableTime } from './encoding/sortable-time.ts';
import { failureAfter, type KnownFailure } from './report-failure.ts';

/** A generation that hypervisor or guest has, and the sortable time as of which that is known. */
export interface KnownGeneration {
  readonly generation: number;
  readonly asOf: string;
}

/** How far an instance has come. */
export interface Progress {
  readonly newest: number | undefined;
  readonly attached: KnownGeneration | undefined;
  readonly applied: KnownGeneration | undefined;
  readonly failure: KnownFailure | undefined;
}

/**
 * What a report says about progress. A hypervisor's `attached` moves `attached`; a guest's `applied` or
 * `unchanged` moves `applied`; `failed`, `refused` and
 * `skipped` move nothing.
 *
 * Reports may come late, twice, and from clocks that are wrong, so:
 * - a higher generation always counts: it cannot have been there before the lower one was made;
 * - a lower one counts only if it was started later than what is known, as after a start from the last known good
 *   drive; a clock ahead of ours counts as the time of receipt, or it would block all that follow;
 * - a generation that was never made counts for nothing: a guest may say what it likes about itself.
 */
export function progressAfter(progress: Progress, report: AgentReport, receivedAt: string): Progress {
  const { newest } = progress;
  if (report.generation > (newest ?? 0)) return progress;
  const asOf = earlier(sortableTime(report.startedAt), sortableTime(receivedAt));
  const applied = progress.applied?.generation ?? 0;
  const failure = failureAfter(progress.failure, report, { newest, applied, asOf });
  const moved = movedBy(report);
  if (moved === undefined) return failure === progress.failure ? progress : { ...progress, failure };
  return { ...progress, failure, [moved]: advance(progress[moved], { generation: report.generation, asOf }) };
}

function movedBy({ origin, outcome }: AgentReport): 'attached' | 'applied' | undefined {
  switch (outcome) {
    case 'attached':
      return origin === 'hypervisor' ? 'attached' : undefined;
    case 'applied':
    case 'unchanged':
      return origin === 'guest' ? 'applied' : undefined;
    case 'failed':
    case 'refused':
    case 'skipped':
      return undefined;
  }
}

function advance(known: KnownGeneration | undefined, reported: KnownGeneration): KnownGeneration {
  if (known === undefined || (reported.generation < known.generation && reported.asOf > known.asOf)) {
    return reported;
  }
  if (reported.generation < known.generation) {
    return known;
  }
  // The later of the two times, so that a slow clock here does not let an old report back in.
  return { generation: reported.generation, asOf: later(known.asOf, reported.asOf) };
}

function earlier(left: string, right: string): string {
  return left < right ? left : right;
}

function later(left: string, right: string): string {
  return left > right ? left : right;
}
