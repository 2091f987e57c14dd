import type { Machine, MachineAdapter } from '../../adapters/machine-adapter.ts';
import { oneLine } from '../../process/one-line.ts';

/** The machines of this host, as they were when it was last asked. */
export interface MachineList {
  readonly machines: () => readonly Machine[];
  readonly machine: (instance: string) => Machine | undefined;
  /** Why the host could not be asked the last time; undefined: it could. */
  readonly problem: () => string | undefined;
  /**
   * Asks the host. Those who ask while it is being asked get an answer that is not older than their question. Never
   * throws: where the host does not answer, the list stays as it is. @returns whether it answered
   */
  refresh(signal: AbortSignal): Promise<boolean>;
}

/** A list that is empty until the first refresh. @param deadlineMs a hypervisor that takes longer did not answer */
export function createMachineList(adapter: MachineAdapter, deadlineMs: number): MachineList {
  let machines: readonly Machine[] = [];
  let byInstance = new Map<string, Machine>();
  let problem: string | undefined = 'the host was not asked yet';
  let last: Promise<unknown> = Promise.resolve();

  async function ask(signal: AbortSignal): Promise<boolean> {
    try {
      machines = await adapter.list(AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
      byInstance = new Map(machines.map((machine) => [machine.instance, machine]));
      problem = undefined;
    } catch (error) {
      problem = oneLine(
        `${adapter.name} did not say which machines there are: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    }
    return problem === undefined;
  }

  return {
    machines: () => machines,
    machine: (instance) => byInstance.get(instance),
    problem: () => problem,
    async refresh(signal) {
      const asked = last.then(async () => ask(signal));
      last = asked;
      return asked;
    },
  };
}
