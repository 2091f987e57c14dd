import type { Counter } from './counters.ts';
import type { HostStatus } from './host-status.ts';

/** Name and help of each counter. */
const counterHelp: Readonly<Record<Counter, readonly [string, string]>> = {
  fetched: ['drives_fetched', 'Drives fetched that differ from what the host had.'],
  refusedDrives: ['drives_refused', 'Decisions that no drive may be used.'],
  restored: ['drives_restored', 'Lost or damaged drives put back.'],
  removed: ['drives_removed', 'Instances whose drives were removed from the host.'],
  swapped: ['media_swaps', 'Media swapped in running machines.'],
  failedSwaps: ['media_swap_failures', 'Media swaps that failed.'],
  collectedReports: ['reports_collected', 'Reports of guests taken in.'],
  invalidReports: ['reports_invalid', 'Lines from guests that are no reports of theirs.'],
  forwardedReports: ['reports_forwarded', 'Reports that the server took.'],
  refusedReports: ['reports_refused', 'Reports that the server refuses for good.'],
  droppedReports: ['reports_dropped', 'Reports for which there was no place.'],
};

/** The status as Prometheus metrics, in the text format 0.0.4 that node_exporter's textfile collector reads. */
export function renderMetrics(status: HostStatus): string {
  const { machines, server, spool } = status;
  const count = (state: string): number => machines.filter(({ machine }) => machine === state).length;
  const seconds = (time: string | undefined): number =>
    time === undefined ? 0 : Math.round(new Date(time).getTime() / 1000);
  const lines: string[] = [];
  const metric = (
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    samples: readonly (readonly [string, number])[],
  ): void => {
    const full = `ubugi_hypervisor_${name}`;
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [labels, value] of samples) lines.push(`${full}${labels} ${value}`);
  };
  const gauge = (name: string, help: string, value: number): void =>
    metric(name, 'gauge', help, [['', value]]);

  gauge('start_time_seconds', 'When the daemon started, Unix time.', seconds(status.startedAt));
  gauge('status_time_seconds', 'When these metrics were written, Unix time.', seconds(status.updatedAt));
  gauge('server_reachable', 'Whether the metadata server answers: 1 or 0.', server.reachable ? 1 : 0);
  gauge(
    'server_answer_time_seconds',
    'When the server last answered, Unix time; 0: never.',
    seconds(server.answeredAt),
  );
  metric('machines', 'gauge', 'Machines and placed instances of the host.', [
    ['{state="running"}', count('running')],
    ['{state="off"}', count('off')],
    ['{state="absent"}', count('absent')],
  ]);
  gauge(
    'drives_pending',
    'Machines that run without the drive that they should have.',
    countOf(machines, ({ pending }) => pending),
  );
  gauge(
    'machine_problems',
    'Machines with a present problem.',
    countOf(machines, ({ problem }) => problem !== undefined),
  );
  gauge(
    'adapter_up',
    'Whether the hypervisor said which machines there are: 1 or 0.',
    status.adapterProblem === undefined ? 1 : 0,
  );
  gauge('spool_reports', 'Reports that wait for the server.', spool.reports);
  gauge('spool_bytes', 'Bytes of these.', spool.bytes);
  for (const counter of Object.keys(counterHelp) as Counter[]) {
    const [name, help] = counterHelp[counter];
    metric(`${name}_total`, 'counter', help, [['', status.counters[counter]]]);
  }
  return `${lines.join('\n')}\n`;
}

function countOf<T>(values: readonly T[], is: (value: T) => boolean): number {
  return values.filter(is).length;
}
