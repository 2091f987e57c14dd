import type { MachineAdapter } from '../../adapters/machine-adapter.ts';
import type { Heartbeat } from '../../metadata-server/host-server.ts';
import type { MachineList } from '../machines/machine-list.ts';
import type { ReportSpool } from '../reports/report-spool.ts';
import type { StateKeeper } from '../state/state-keeper.ts';
import type { Counters } from './counters.ts';
import { type HostStatus, machineStatuses, type ServerStatus } from './host-status.ts';
import type { ProblemBook } from './problem-book.ts';

/** What the status is made of. */
export interface StatusBoardPorts {
  readonly adapter: Pick<MachineAdapter, 'name'>;
  readonly machines: MachineList;
  readonly keeper: StateKeeper;
  readonly problems: ProblemBook;
  readonly spool: Pick<ReportSpool, 'size'>;
  readonly counters: Counters;
  readonly now: () => Date;
}

/** Says how the host is. */
export interface StatusBoard {
  /** The server answered, or did not for a reason. @returns whether it is back after it was not there */
  answered(problem: string | undefined): boolean;
  status(): HostStatus;
  heartbeat(): Heartbeat;
}

/** Makes a board. */
export function createStatusBoard(
  { adapter, machines, keeper, problems, spool, counters, now }: StatusBoardPorts,
  { version, host }: { readonly version: string; readonly host: string },
): StatusBoard {
  const startedAt = now().toISOString();
  let server: ServerStatus = { reachable: false, since: startedAt };

  function status(): HostStatus {
    const adapterProblem = machines.problem();
    return {
      version,
      pid: process.pid,
      host,
      adapter: adapter.name,
      startedAt,
      updatedAt: now().toISOString(),
      server,
      ...(adapterProblem === undefined ? {} : { adapterProblem }),
      machines: machineStatuses(machines.machines(), keeper.state().instances, problems),
      spool: spool.size(),
      counters: counters.values(),
    };
  }

  return {
    status,
    answered(problem) {
      const at = now().toISOString();
      const reachable = problem === undefined;
      const answeredAt = reachable ? at : server.answeredAt;
      const isBack = reachable && !server.reachable;
      server = {
        reachable,
        since: reachable === server.reachable ? server.since : at,
        ...(answeredAt === undefined ? {} : { answeredAt }),
        ...(problem === undefined ? {} : { problem }),
      };
      return isBack;
    },
    heartbeat() {
      const current = status();
      const lastError = problems.last()?.message;
      const known = current.machines.filter(({ machine }) => machine !== 'absent');
      return {
        version,
        adapter: adapter.name,
        machines: {
          known: known.length,
          running: known.filter(({ machine }) => machine === 'running').length,
        },
        pending: current.machines.filter(({ pending }) => pending).length,
        spooled: current.spool.reports,
        ...(lastError === undefined ? {} : { lastError: plainText(lastError) }),
      };
    },
  };
}

/** As `text` of common.json wants it. */
function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 255);
}
