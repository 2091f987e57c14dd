import type { HostStatus, MachineStatus } from './host-status.ts';

/** The status for people. @param running whether the daemon that wrote it still runs */
export function renderStatus(status: HostStatus, running: boolean, now: Date): string {
  const { server, spool } = status;
  const ago = (time: string): string => `${duration(now.getTime() - new Date(time).getTime())} ago`;
  const pending = status.machines.filter((machine) => machine.pending).length;
  const lines = [
    running
      ? `watch ${status.version} on ${status.host} (${status.adapter}): running since ${status.startedAt}, process ${status.pid}`
      : `watch is NOT RUNNING on ${status.host}; what follows is from ${status.updatedAt} (${ago(status.updatedAt)})`,
    server.reachable
      ? `server: reachable since ${server.since}${server.answeredAt === undefined ? '' : `, last answer ${ago(server.answeredAt)}`}`
      : `server: NOT REACHABLE since ${server.since}: ${server.problem ?? 'not asked yet'}`,
    ...(status.adapterProblem === undefined ? [] : [`host: ${status.adapterProblem}`]),
    `machines: ${status.machines.length}, of which ${pending} pending`,
    `spool: ${spool.reports} reports, ${spool.bytes} bytes; dropped since the start: ${status.counters.droppedReports}`,
  ];
  if (status.machines.length === 0) return `${lines.join('\n')}\n`;
  const rows = [
    ['MACHINE', 'STATE', 'PLACED', 'NEWEST', 'HERE', 'ATTACHED', ''],
    ...status.machines.map(row),
  ];
  return `${[...lines, '', ...table(rows)].join('\n')}\n`;
}

function row(machine: MachineStatus): readonly string[] {
  const { name, newest, fetched, attached, pending, problem, placement } = machine;
  const number = (generation: number | undefined): string =>
    generation === undefined ? '-' : String(generation);
  const trouble =
    problem === undefined ? '' : `${problem.message} (since ${problem.since}, ${problem.attempts} attempts)`;
  return [
    name,
    machine.machine,
    placement,
    number(newest),
    number(fetched),
    number(attached),
    [pending ? 'pending' : '', trouble].filter((text) => text !== '').join(': '),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
