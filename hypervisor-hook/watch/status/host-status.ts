import type { Machine } from '../../adapters/machine-adapter.ts';
import type { SpoolSize } from '../reports/report-spool.ts';
import type { TrackedInstance } from '../state/tracked-instance.ts';
import type { Counter } from './counters.ts';
import type { Problem, ProblemBook } from './problem-book.ts';

/** How the connection to the server is. */
export interface ServerStatus {
  readonly reachable: boolean;
  /** Since when it is so, ISO 8601. */
  readonly since: string;
  /** When it last answered, ISO 8601; undefined: never since the daemon started. */
  readonly answeredAt?: string;
  /** Half a sentence. */
  readonly problem?: string;
}

/** One instance or machine of the host. */
export interface MachineStatus {
  readonly instance: string;
  readonly name: string;
  /** `absent`: placed on this host, but no machine is defined for it. */
  readonly machine: 'running' | 'off' | 'absent';
  /** What the server says of it; `unlisted`: nothing. */
  readonly placement: 'placed' | 'gone' | 'unlisted';
  /** Generations: the newest that there is, the one on this host, the one in the machine. */
  readonly newest?: number;
  readonly fetched?: number;
  readonly attached?: number;
  /** It runs without the drive that it should have. */
  readonly pending: boolean;
  readonly problem?: Problem;
}

/** What `ubugi-hypervisor status` shows: the daemon writes it for others to read. */
export interface HostStatus {
  readonly version: string;
  readonly pid: number;
  readonly host: string;
  readonly adapter: string;
  /** ISO 8601, as all times here. */
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly server: ServerStatus;
  /** Why the hypervisor did not say which machines there are. */
  readonly adapterProblem?: string;
  readonly machines: readonly MachineStatus[];
  readonly spool: SpoolSize;
  readonly counters: Readonly<Record<Counter, number>>;
}

/** The machines and instances of the host, by name. */
export function machineStatuses(
  machines: readonly Machine[],
  instances: ReadonlyMap<string, TrackedInstance>,
  problems: ProblemBook,
): readonly MachineStatus[] {
  const ours = machines.filter(({ drive, instance }) => drive !== undefined || instances.has(instance));
  const byInstance = new Map(ours.map((machine) => [machine.instance, machine]));
  const all = new Set([...byInstance.keys(), ...instances.keys()]);
  return [...all]
    .map((instance) => {
      const machine = byInstance.get(instance);
      const tracked = instances.get(instance);
      const problem = problems.of(instance);
      return {
        instance,
        name: machine?.name ?? tracked?.name ?? instance,
        machine: machine?.state ?? 'absent',
        placement: tracked?.state ?? 'unlisted',
        ...(typeof tracked?.newest === 'number' ? { newest: tracked.newest } : {}),
        ...(tracked?.fetched === undefined ? {} : { fetched: tracked.fetched.generation }),
        ...(tracked?.attached === undefined ? {} : { attached: tracked.attached.generation }),
        pending: isPending(machine, tracked),
        ...(problem === undefined ? {} : { problem }),
      } satisfies MachineStatus;
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function isPending(machine: Machine | undefined, tracked: TrackedInstance | undefined): boolean {
  if (machine?.state !== 'running' || machine.drive === undefined) return false;
  if (tracked?.state !== 'placed' || tracked.newest === null) return false;
  return tracked.done < tracked.told || tracked.attached?.sha256 !== tracked.fetched?.sha256;
}
