import type { ChangedInstance, Changes } from '../feed/changes-answer.ts';
import type { TrackedInstance } from './tracked-instance.ts';

/** All that the daemon must not forget: one value, so that a cursor is never kept without what it stands for. */
export interface HostState {
  readonly cursor: string | undefined;
  readonly payload: string | undefined;
  readonly instances: ReadonlyMap<string, TrackedInstance>;
}

/** A host that was never told anything. */
export const emptyState: HostState = { cursor: undefined, payload: undefined, instances: new Map() };

/** The state after what the server told, and the instances that there is something to do about. */
export interface StateChange {
  readonly state: HostState;
  readonly touched: readonly string[];
}

/** Takes in what the server told of this host. */
export function applyChanges(state: HostState, changes: Changes, now: Date): StateChange {
  const instances = new Map(state.instances);
  const touched = new Set<string>();
  const touch = (tracked: TrackedInstance): void => {
    instances.set(tracked.instance, tracked);
    touched.add(tracked.instance);
  };

  if (changes.payload !== state.payload) {
    for (const tracked of state.instances.values()) {
      if (tracked.state === 'placed') touch({ ...tracked, told: tracked.told + 1 });
    }
  }
  const listed = new Set(changes.instances.map(({ instance }) => instance));
  if (changes.complete) {
    for (const tracked of state.instances.values()) {
      if (!listed.has(tracked.instance) && tracked.state === 'placed') touch(gone(tracked, now));
    }
  }
  for (const change of changes.instances) {
    const known = instances.get(change.instance);
    if (change.state === 'placed') touch(placed(change, known));
    // What was never placed here leaves nothing behind, but a start may have brought a drive all the same.
    else if (known?.state !== 'gone') touch(gone(known ?? placed(change, undefined), now));
  }
  return {
    state: { cursor: changes.cursor, payload: changes.payload, instances },
    touched: [...touched],
  };
}

function placed(
  { instance, name, generation }: ChangedInstance,
  known: TrackedInstance | undefined,
): TrackedInstance {
  const { goneAt: _, ...kept } = known ?? { told: 0, done: 0 };
  return { ...kept, instance, name, state: 'placed', newest: generation, told: kept.told + 1 };
}

function gone(tracked: TrackedInstance, now: Date): TrackedInstance {
  return { ...tracked, state: 'gone', goneAt: now.toISOString() };
}
