import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type StoreName } from './databases.ts';
import type { PlainReading } from './plain-reading.ts';
import type { Progress } from './progress.ts';
import { type MeasuredSync, type ServedOptions, type ServedUbugi, serveUbugi } from './served.ts';
import type { InventoryName } from './site/inventory-source.ts';
import { type BenchSite, openSite } from './site/open-site.ts';

/** What to measure. */
export interface SyncBenchOptions {
  readonly instances: number;
  readonly accounts: number;
  readonly stores: readonly StoreName[];
  readonly inventory: InventoryName;
  /** Folder for a CPU profile of each phase, whose server is then a process of its own. */
  readonly profileFolder?: string | undefined;
  /** Minutes that one phase may take at most. */
  readonly phaseMinutes: number;
  readonly signal: AbortSignal;
}

/** The syncs of one store, and its peers in the same run. */
export interface StoreMeasurement {
  readonly store: StoreName;
  readonly first: MeasuredSync;
  readonly unchanged: MeasuredSync;
  /** One person has left a group that is on every tenth instance. */
  readonly left: MeasuredSync;
  /** Resident before the first sync. */
  readonly idleBytes: number;
  /** Of the database after the first sync. */
  readonly databaseBytes: number;
  readonly plainReading: PlainReading;
  readonly bulkLoadSeconds: number;
  readonly bulkLoadPeer: string;
}

/** Runs the bench in a temporary folder, which it removes, and ends all that it started. */
export async function measureSyncs(
  options: SyncBenchOptions,
  progress: Progress,
): Promise<readonly StoreMeasurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-bench-sync-'));
  try {
    const { instances, accounts, inventory } = options;
    const site = await progress.during(
      `${instances} machines in a ${inventory} inventory, ${accounts} people in slapd`,
      () => openSite({ instances, accounts }, inventory, folder),
    );
    try {
      const measurements: StoreMeasurement[] = [];
      for (const store of options.stores)
        measurements.push(await measureStore(store, join(folder, store), site, options, progress));
      return measurements;
    } finally {
      await site.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureStore(
  store: StoreName,
  folder: string,
  site: BenchSite,
  options: SyncBenchOptions,
  progress: Progress,
): Promise<StoreMeasurement> {
  const { instances } = options;
  await mkdir(folder);
  const database = await progress.during(`${store}: an empty database`, () => openDatabase(store, folder));
  const limit = (): AbortSignal => AbortSignal.any([options.signal, phaseDeadline(options.phaseMinutes)]);
  try {
    const server = await openServer(
      await site.configure(database.configuration, folder),
      options.profileFolder,
    );
    try {
      const idleBytes = (await server.figures()).residentBytes;
      const phase = async (
        name: string,
        expected: Partial<MeasuredSync['counts']>,
      ): Promise<MeasuredSync> => {
        await server.renew(`${store}-${name}`);
        const measured = await progress.during(
          `${store}: ${name} sync`,
          () => server.sync(limit()),
          async () => `${mebibytes((await server.figures()).residentBytes)} MiB`,
        );
        expectCounts(name, measured.counts, { instances, quarantined: 0, ...expected });
        return measured;
      };
      const plain = (): Promise<PlainReading> =>
        progress.during(`${store}: peer reads both sources`, () => site.readPlainly(limit()));

      const readings = [await plain()];
      const first = await phase('first', { created: instances });
      const bulkLoadSeconds = await progress.during(`${store}: peer loads the same rows`, () =>
        database.bulkLoad(limit()),
      );
      const databaseBytes = await database.bytes();
      readings.push(await plain());
      const unchanged = await phase('unchanged', { unchanged: instances });
      readings.push(await plain());
      await site.changeOps('leave');
      const left = await phase('left', { changed: site.opsManaged });
      await site.changeOps('return');
      return {
        store,
        first,
        unchanged,
        left,
        idleBytes,
        databaseBytes,
        plainReading: medianReading(readings),
        bulkLoadSeconds,
        bulkLoadPeer: database.peer,
      };
    } finally {
      await server.stop();
    }
  } finally {
    await database.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

function phaseDeadline(minutes: number): AbortSignal {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`one phase took more than ${minutes} minutes; --phase-minutes allows more`));
  }, minutes * 60_000);
  timer.unref();
  return deadline.signal;
}

/** A server that is started anew for each phase where each is to have a profile of its own. */
interface RenewedServer extends Omit<ServedUbugi, 'url'> {
  renew(phase: string): Promise<void>;
}

async function openServer(
  files: Pick<ServedOptions, 'config' | 'socket'>,
  profileFolder: string | undefined,
): Promise<RenewedServer> {
  let server = await serveUbugi({ ...files, nodeArguments: [] });
  return {
    sync: (signal) => server.sync(signal),
    figures: () => server.figures(),
    stop: () => server.stop(),
    async renew(phase) {
      if (profileFolder === undefined) return;
      await server.stop();
      const name = `${phase}.cpuprofile`;
      const nodeArguments = ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}`];
      server = await serveUbugi({ ...files, nodeArguments });
    },
  };
}

/** A run that did not do its work is no result. */
function expectCounts(
  name: string,
  counts: MeasuredSync['counts'],
  expected: Partial<MeasuredSync['counts']>,
): void {
  const wrong = Object.entries(expected).filter(
    ([key, count]) => counts[key as keyof typeof counts] !== count,
  );
  if (wrong.length === 0) return;
  const wanted = wrong.map(([key, count]) => `${count} ${key}`).join(', ');
  throw new Error(`the ${name} sync counts ${JSON.stringify(counts)} where it should count ${wanted}`);
}

function medianReading(readings: readonly PlainReading[]): PlainReading {
  const sorted = readings.toSorted((one, other) => one.seconds - other.seconds);
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: Number.NaN, peakBytes: Number.NaN };
}

/** Whole mebibytes. */
export function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
