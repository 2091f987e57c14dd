import type { Changes } from '../feed/changes-answer.ts';
import { applyChanges, type HostState } from './host-state.ts';
import type { StateFile } from './state-file.ts';
import type { TrackedInstance } from './tracked-instance.ts';

/** The one holder of the state while the daemon runs. */
export interface StateKeeper {
  readonly state: () => HostState;
  readonly instance: (instance: string) => TrackedInstance | undefined;
  /** Takes in what the server told, not yet on disk. @returns the instances to see to */
  note(changes: Changes): readonly string[];
  /**
   * Changes what is known of one instance, nothing where it is not tracked; settles when it is on disk.
   * @throws the system's error
   */
  update(instance: string, change: TrackedChange): Promise<void>;
  /** Forgets an instance; settles when that is on disk. @throws the system's error */
  forget(instance: string): Promise<void>;
  /** Settles when all is on disk. @throws the system's error */
  save(): Promise<void>;
}

/** New values; undefined takes a value away. */
export type TrackedChange = { readonly [K in keyof TrackedInstance]?: TrackedInstance[K] | undefined };

/** Opens the state. Changes that come while it is being written go to disk together. */
export async function openStateKeeper(file: StateFile, now: () => Date): Promise<StateKeeper> {
  let state = await file.read();
  let revision = 0;
  let savedRevision = 0;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    const current = revision;
    await file.write(state);
    savedRevision = current;
  }

  async function save(): Promise<void> {
    const wanted = revision;
    while (savedRevision < wanted) {
      writing ??= write().finally(() => {
        writing = undefined;
      });
      await writing;
    }
  }

  function become(next: HostState): void {
    state = next;
    revision += 1;
  }

  return {
    state: () => state,
    instance: (instance) => state.instances.get(instance),
    note(changes) {
      const { state: next, touched } = applyChanges(state, changes, now());
      const isNew = touched.length > 0 || next.cursor !== state.cursor || next.payload !== state.payload;
      if (isNew) become(next);
      return touched;
    },
    async update(instance, change) {
      const known = state.instances.get(instance);
      if (known === undefined) return;
      const changed = Object.fromEntries(
        Object.entries({ ...known, ...change }).filter(([, value]) => value !== undefined),
      ) as unknown as TrackedInstance;
      become({ ...state, instances: new Map(state.instances).set(instance, changed) });
      await save();
    },
    async forget(instance) {
      const instances = new Map(state.instances);
      if (!instances.delete(instance)) return;
      become({ ...state, instances });
      await save();
    },
    save,
  };
}
