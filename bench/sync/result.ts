import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import type { StoreName } from './databases.ts';
import { mebibytes, type StoreMeasurement, type SyncBenchOptions } from './measure.ts';
import type { MeasuredSync } from './served.ts';

/** One sync, with its peer's time in the same run. */
interface SyncFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly peerSeconds: number;
  /** Ours to the peer's: how many times as long. */
  readonly ratio: number;
}

/** Figures of one store. */
interface StoreFigures {
  readonly first: SyncFigures;
  readonly unchanged: SyncFigures;
  readonly left: SyncFigures & { readonly instances: number };
  readonly idleMiB: number;
  readonly databaseMiB: number;
  readonly plainReading: { readonly seconds: number; readonly peakMiB: number };
  readonly bulkLoadSeconds: number;
}

/** The bench's result, as it is printed in JSON. */
export interface SyncBench {
  readonly bench: 'sync';
  readonly cores: number;
  readonly instances: number;
  readonly accounts: number;
  readonly inventory: string;
  readonly stores: Partial<Readonly<Record<StoreName, StoreFigures>>>;
}

/** Targets of the design for 100,000 instances and 5,000 accounts. */
const targets = { firstSeconds: 60, unchangedSeconds: 5, peakMiB: 512 } as const;
const targetSize = { instances: 100_000, accounts: 5000 } as const;

export function syncBench(
  { instances, accounts, inventory }: SyncBenchOptions,
  measurements: readonly StoreMeasurement[],
): SyncBench {
  return {
    bench: 'sync',
    cores: availableParallelism(),
    instances,
    accounts,
    inventory,
    stores: Object.fromEntries(measurements.map((one) => [one.store, storeFigures(one)])),
  };
}

function storeFigures(measurement: StoreMeasurement): StoreFigures {
  const { first, unchanged, left, plainReading, bulkLoadSeconds } = measurement;
  return {
    first: syncFigures(first, plainReading.seconds + bulkLoadSeconds),
    unchanged: syncFigures(unchanged, plainReading.seconds),
    left: {
      instances: left.counts.changed,
      // Each of them has a generation more: the rows of the first sync, as far as they are theirs.
      ...syncFigures(
        left,
        plainReading.seconds + (bulkLoadSeconds * left.counts.changed) / left.counts.instances,
      ),
    },
    idleMiB: mebibytes(measurement.idleBytes),
    databaseMiB: mebibytes(measurement.databaseBytes),
    plainReading: { seconds: round(plainReading.seconds), peakMiB: mebibytes(plainReading.peakBytes) },
    bulkLoadSeconds: round(bulkLoadSeconds),
  };
}

function syncFigures({ seconds, cpuSeconds, peakBytes }: MeasuredSync, peerSeconds: number): SyncFigures {
  return {
    seconds: round(seconds),
    cpuSeconds: round(cpuSeconds),
    peakMiB: mebibytes(peakBytes),
    peerSeconds: round(peerSeconds),
    ratio: round(seconds / peerSeconds),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The result as a table, with what its columns mean. */
export function describeBench(result: SyncBench, measurements: readonly StoreMeasurement[]): string {
  const { instances, accounts } = result;
  const isTargetSize = instances === targetSize.instances && accounts === targetSize.accounts;
  const table = new Table({
    head: [
      'store',
      'sync',
      'seconds',
      'CPU s',
      'peak MiB',
      'peer s',
      'ratio',
      ...(isTargetSize ? ['target'] : []),
    ],
    colAligns: ['left', 'left', ...Array<'right'>(5).fill('right')],
    style: { head: [], border: [] },
  });
  for (const [store, figures] of Object.entries(result.stores)) {
    const row = (name: string, figure: SyncFigures, seconds?: number): void => {
      const { cpuSeconds, peakMiB, peerSeconds, ratio } = figure;
      const verdict = [
        ...(seconds === undefined ? [] : [`${seconds} s ${figure.seconds <= seconds ? 'met' : 'missed'}`]),
        `${targets.peakMiB} MiB ${peakMiB <= targets.peakMiB ? 'met' : 'missed'}`,
      ];
      const cells = [figure.seconds, cpuSeconds, peakMiB, peerSeconds, `${ratio}×`].map(String);
      table.push([store, name, ...cells, ...(isTargetSize ? [verdict.join(', ')] : [])]);
    };
    row('first', figures.first, targets.firstSeconds);
    row('again, nothing changed', figures.unchanged, targets.unchangedSeconds);
    row(`one person left a group on ${figures.left.instances} instances`, figures.left);
  }
  const peers = measurements.map(
    ({ store, bulkLoadPeer, bulkLoadSeconds, databaseBytes }) =>
      `  ${store}: ${bulkLoadPeer}: ${bulkLoadSeconds.toFixed(1)} s for ${mebibytes(databaseBytes)} MiB`,
  );
  const readings = measurements.map(
    ({ store, plainReading: { seconds, peakBytes } }) =>
      `  ${store}: median of three: ${seconds.toFixed(1)} s, ${mebibytes(peakBytes)} MiB`,
  );
  return [
    `${instances} instances (${result.inventory} inventory), ${accounts} accounts (slapd over ldaps), ${result.cores} cores`,
    '',
    table.toString(),
    '',
    'seconds: POST /v1/sync to its answer. CPU s, peak MiB: of the server process alone (VmHWM).',
    'peer s: the least that any program would take here for the same data, with no checks, no composing, no history:',
    'reading (ldapsearch of the whole directory beside a bare JSON.parse of the CMDB)',
    ...readings,
    'and, where a sync writes, a bulk load of the rows that the first sync wrote (for one person, their share of it)',
    ...peers,
  ].join('\n');
}
