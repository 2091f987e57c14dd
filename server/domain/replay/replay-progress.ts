import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { ended, type Replay } from './replay.ts';

/**
 * What a report says of a replay that is under way; the same value if it says nothing.
 *
 * The replay is over when the guest has applied the replayed generation or, once a hypervisor has attached the replay,
 * something newer. What the machine said before it was lost may arrive late: a report from before counts for nothing,
 * but for that of a guest whose hypervisor has attached the replay, as the clock of a machine that starts anew may be wrong.
 * @param receivedAt ISO 8601 in UTC
 */
export function replayAfter(replay: Replay, report: AgentReport, receivedAt: string): Replay {
  if (replay.endedAt !== null) return replay;
  const { origin, outcome, generation, startedAt } = report;
  const isSince = (time: string): boolean => Date.parse(startedAt) >= Date.parse(time);
  if (origin === 'hypervisor') {
    const isAttached =
      outcome === 'attached' && generation === replay.generation && isSince(replay.startedAt);
    return isAttached && replay.attachedAt === null ? { ...replay, attachedAt: receivedAt } : replay;
  }
  const isDone = outcome === 'applied' || outcome === 'unchanged';
  if (generation === replay.generation)
    return isDone && (replay.attachedAt !== null || isSince(replay.startedAt))
      ? ended(replay, 'applied', receivedAt)
      : replay;
  const isBeyond = generation > replay.generation && replay.attachedAt !== null && isSince(replay.attachedAt);
  return isBeyond ? ended(replay, 'applied', receivedAt) : replay;
}
