import type { ResourceName } from '../plan/plan.ts';
import type { Clock } from '../system/system.ts';

/** What is known of each resource's run: how long it took, and what tools said that found fault. */
export interface Recorder {
  /** Does it and counts its time. */
  measure<T>(resource: ResourceName, work: () => T): T;
  /** Counts time that was measured elsewhere, in milliseconds. */
  spend(resource: ResourceName, milliseconds: number): void;
  /** Keeps what a tool printed. */
  keep(resource: ResourceName, output: string): void;
  /** Milliseconds so far. */
  timeOf(resource: ResourceName): number;
  /** Tail of what was kept; it may hold secrets. */
  outputOf(resource: ResourceName): string;
}

/** Much more than a report takes, so that secrets are seen whole before the rest is cut off. */
const keptTail = 32 * 1024;

/** Makes an empty recorder. */
export function createRecorder(clock: Pick<Clock, 'monotonic'>): Recorder {
  const times = new Map<ResourceName, number>();
  const outputs = new Map<ResourceName, string>();
  const recorder: Recorder = {
    measure(resource, work) {
      const begin = clock.monotonic();
      try {
        return work();
      } finally {
        recorder.spend(resource, clock.monotonic() - begin);
      }
    },
    spend(resource, milliseconds) {
      times.set(resource, (times.get(resource) ?? 0) + milliseconds);
    },
    keep(resource, output) {
      const text = `${outputs.get(resource) ?? ''}${output}`;
      outputs.set(resource, text.slice(-keptTail));
    },
    timeOf: (resource) => times.get(resource) ?? 0,
    outputOf: (resource) => outputs.get(resource) ?? '',
  };
  return recorder;
}
