import type { OpenRolloutInstance, RolloutInstanceUpdate } from '../store/ports/rollouts.ts';

/**
 * What has become of an instance that a rollout changed; undefined while that is open. A later generation counts like
 * the one that the rollout made: a revocation that comes while one waits brings all of it along.
 * @param isOver the time of its stage is over
 */
export function settleInstance(
  open: OpenRolloutInstance,
  isOver: boolean,
): RolloutInstanceUpdate | undefined {
  const { instance, generation, removed, attached, applied, failed, failedReason } = open;
  const as = (state: RolloutInstanceUpdate['state'], reason?: string): RolloutInstanceUpdate => ({
    instance,
    state,
    generation,
    ...(reason === undefined ? {} : { reason }),
  });
  if (removed) return as('skipped', 'it was removed from the CMDB');
  if (applied !== null && applied >= generation) return as('applied');
  if (failed !== null && failed >= generation) return as('failed', failedReason ?? 'it does not say why');
  if (!isOver) return undefined;
  if (attached === null || attached < generation) {
    return as('skipped', 'its host has not attached the drive: it is off, and gets it at its next boot');
  }
  if (applied === null) return as('skipped', 'the drive is attached; this guest has never sent a report');
  return as('silent', 'the drive is attached, and the guest has not reported in time');
}
