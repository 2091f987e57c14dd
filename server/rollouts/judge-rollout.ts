import type { RolloutCount, RolloutInstanceState, StoredRollout } from '../store/ports/rollouts.ts';
import { haltBound, isBeyond } from './halt-bound.ts';

/** What a rollout is to do next. */
export type Verdict =
  /** Reports of the present stage are awaited. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'halt'; readonly reason: string }
  | { readonly kind: 'start'; readonly stage: number }
  | { readonly kind: 'finish' };

const failures: readonly RolloutInstanceState[] = ['failed', 'silent'];
const changed: readonly RolloutInstanceState[] = ['under-way', 'applied', 'failed', 'silent'];

/** Looks at what a running rollout has come to. */
export function judgeRollout(rollout: StoredRollout, counts: readonly RolloutCount[]): Verdict {
  const { settings, stage, accepted } = rollout;
  const failed = sum(counts, failures) - accepted.failures;
  const isCanary = settings.canary > 0 && stage.number === 1;
  if (isCanary && failed > 0) {
    return { kind: 'halt', reason: `${machines(failed)} of the canary failed` };
  }
  const all = sum(counts, changed);
  if (!isCanary && isBeyond(haltBound(settings.haltAfter), failed, all)) {
    return {
      kind: 'halt',
      reason: `${machines(failed)} of ${all} that were changed failed, which is beyond ${settings.haltAfter}`,
    };
  }
  if (sum(counts, ['under-way']) > 0) return { kind: 'wait' };
  const waiting = counts.filter(({ state, count }) => state === 'waiting' && count > 0);
  const next = Math.min(...waiting.map((count) => count.stage));
  if (waiting.length === 0) return { kind: 'finish' };
  if (isCanary && next > 1 && accepted.stage < 1 && !isProven(counts)) {
    return { kind: 'halt', reason: 'no machine of the canary has applied it: all of them were skipped' };
  }
  return { kind: 'start', stage: next };
}

/** Whether a machine of the first stage has shown that it works, or there was nothing to show. */
function isProven(counts: readonly RolloutCount[]): boolean {
  const first = counts.filter(({ stage }) => stage === 1);
  return sum(first, ['applied']) > 0 || sum(first, ['skipped', 'failed', 'silent']) === 0;
}

/** How many are in one of these states. */
export function sum(counts: readonly RolloutCount[], states: readonly RolloutInstanceState[]): number {
  return counts.reduce((total, { state, count }) => (states.includes(state) ? total + count : total), 0);
}

function machines(count: number): string {
  return `${count} machine${count === 1 ? '' : 's'}`;
}
