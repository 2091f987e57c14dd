import type { Machine, MachineAdapter } from '../../adapters/machine-adapter.ts';
import type { Clock } from '../../process/clock.ts';
import { type BackOffOptions, backOffMs, type Random } from '../pace/back-off.ts';
import { pause } from '../pace/pause.ts';
import type { MachineList } from './machine-list.ts';

/** What following the host needs of the world. */
export interface FollowMachinesPorts {
  readonly adapter: MachineAdapter;
  readonly machines: MachineList;
  readonly clock: Clock;
  readonly random: Random;
  /** Told after each look at the host. @param changed instances whose machine is not what it was at the last look */
  readonly listed: (changed: ReadonlySet<string>) => void;
}

/** How often the host is looked at. */
export interface FollowMachinesOptions {
  /** At the latest after that time, in milliseconds, whatever the adapter notices. */
  readonly reconcileMs: number;
  readonly backOff: BackOffOptions;
}

/** A start or stop is several events. */
const settleMs = 200;
/** Whatever an adapter says, the host is asked no more often, in milliseconds. */
const leastIntervalMs = 1000;

/** Looks at the machines of the host when something changed there, and now and then, until the signal aborts. Never throws. */
export async function followMachines(
  { adapter, machines, clock, random, listed }: FollowMachinesPorts,
  { reconcileMs, backOff }: FollowMachinesOptions,
  signal: AbortSignal,
): Promise<void> {
  let before = new Map<string, string>();
  let failures = 0;
  while (!signal.aborted) {
    // Before the look: what changes during it is seen by the next one.
    const turn = new AbortController();
    const lookedAt = clock.elapsedMs();
    const changed = adapter.changed(AbortSignal.any([signal, turn.signal]));
    failures = (await machines.refresh(signal)) ? 0 : failures + 1;
    if (signal.aborted) break;
    const now = new Map(machines.machines().map((machine) => [machine.instance, describe(machine)]));
    listed(
      new Set(
        [...before.keys(), ...now.keys()].filter((instance) => before.get(instance) !== now.get(instance)),
      ),
    );
    before = now;
    await Promise.race([
      failures === 0 ? changed : pause(backOffMs(failures, backOff, random), signal),
      pause(reconcileMs, AbortSignal.any([signal, turn.signal])),
    ]);
    turn.abort();
    await changed;
    await pause(Math.max(settleMs, leastIntervalMs - (clock.elapsedMs() - lookedAt)), signal);
  }
}

function describe({ state, drive, reportSocket }: Machine): string {
  return JSON.stringify([state, drive, reportSocket]);
}
