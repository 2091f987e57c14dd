import type { StoredRollout } from '../store/ports/rollouts.ts';
import type { NewEvent } from '../store/store.ts';

/** What the audit trail says of a rollout. */
export function rolloutEvent(
  { id, settings, stage }: StoredRollout,
  action: `rollout-${string}`,
  { at, actor, reason }: { readonly at: string; readonly actor: string; readonly reason: string },
): NewEvent {
  return { at, actor, action, instance: null, reason, details: { rollout: id, stage, settings } };
}
