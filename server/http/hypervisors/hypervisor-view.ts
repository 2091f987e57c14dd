import type { Hypervisor, HypervisorDetail } from '../../../schemas/types/api.ts';
import type { Clock } from '../../domain/clock.ts';
import type { PlacedInstance, StoredHypervisor } from '../../store/ports/placement.ts';
import { generationState } from '../instances/instance-view.ts';

const minuteMs = 60_000;

/** A hypervisor as the API shows it. */
export function hypervisorView(
  { host, firstSeenAt, lastSeenAt, heartbeatAt, instances }: StoredHypervisor,
  { clock, placement }: { readonly clock: Clock; readonly placement: { readonly staleMinutes: number } },
): Hypervisor {
  const state = heartbeatState(heartbeatAt, clock.now(), placement.staleMinutes);
  return { host, firstSeenAt, lastSeenAt, heartbeatAt, state, instances };
}

/** What the age of the last heartbeat says. */
export function heartbeatState(
  heartbeatAt: string | null,
  now: Date,
  staleMinutes: number,
): Hypervisor['state'] {
  if (heartbeatAt === null) return 'silent';
  return now.getTime() - Date.parse(heartbeatAt) > staleMinutes * minuteMs ? 'stale' : 'beating';
}

/** An instance on a hypervisor as the API shows it. */
export function placedInstanceView(
  { id, name, hypervisor, ...progress }: PlacedInstance,
  host: string,
): HypervisorDetail['instances'][number] {
  return {
    id,
    name,
    placedBy: hypervisor === host ? 'cmdb' : 'claim',
    generation: generationState(progress),
  };
}
