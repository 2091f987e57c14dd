import type { Machine } from '../plan/machine.ts';
import type { OwnedFile } from '../plan/ownership.ts';
import type { ResourcePlan } from '../plan/plan.ts';

/** One way to carry out a resource, such as systemd-networkd or ifupdown for the network. One folder a back end. */
export interface Backend<Wanted> {
  /** Name as its project writes it. */
  readonly name: string;
  /** Whether it is the one in use on this machine. */
  suits(machine: Machine): boolean;
  plan(wanted: Wanted, owned: readonly OwnedFile[], machine: Machine): ResourcePlan;
}

/** The first back end that suits. */
export function chooseBackend<Wanted>(
  backends: readonly Backend<Wanted>[],
  machine: Machine,
): Backend<Wanted> | undefined {
  return backends.find((backend) => backend.suits(machine));
}
