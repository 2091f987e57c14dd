import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { MachineAdapter } from '../../adapters/machine-adapter.ts';
import type { AttachDrive } from '../../attach/attach-drive.ts';
import type { KnownDrives } from '../../drive-files/known-drives.ts';
import type { Clock } from '../../process/clock.ts';
import type { Limit } from '../pace/limit.ts';
import type { StateKeeper } from '../state/state-keeper.ts';
import type { Counters } from '../status/counters.ts';
import type { RunningClaims } from './claim-running.ts';
import type { DriveInspector } from './drive-inspector.ts';
import type { MachineList } from './machine-list.ts';
import type { OpenFiles } from './open-files.ts';

/** What work on one instance needs of the world. */
export interface InstancePorts {
  readonly keeper: StateKeeper;
  readonly machines: MachineList;
  readonly adapter: MachineAdapter;
  readonly attach: AttachDrive;
  readonly knownDrives: KnownDrives;
  readonly claims: RunningClaims;
  readonly inspector: DriveInspector;
  readonly openFiles: OpenFiles;
  /** Keeps a report until the server has taken it. @throws the system's error */
  readonly report: (report: AgentReport) => Promise<void>;
  /** Exchanges with the server at a time. */
  readonly fetchLimit: Limit;
  /** Media swaps at a time: many, as one that hangs must not hold up another. */
  readonly swapLimit: Limit;
  readonly counters: Counters;
  readonly clock: Clock;
  /** Shows one line to people. */
  readonly log: (line: string) => void;
  /** Aborts when the daemon ends. */
  readonly signal: AbortSignal;
}

/** The rules that the configuration sets. */
export interface InstanceOptions {
  /** The server is asked again for a drive that it last vouched for so long ago. */
  readonly confirmMs: number;
  /** How long what belongs to an instance that is gone is kept. */
  readonly removalGraceMs: number;
  readonly swapDeadlineMs: number;
  /** A file that is no drive of ours is left alone until it has not changed for so long: who writes it may not be done. */
  readonly quietMs: number;
}

/** What became of work on an instance: a problem is half a sentence, and the work is tried again. */
export interface Settlement {
  readonly problem: string | undefined;
}

/** Nothing is left to do. */
export const settled: Settlement = { problem: undefined };
