/**
 * `node bench/sync.ts [--instances N] …`: a first sync, an unchanged one, and one after a person has left a group that
 * is on a tenth of the instances, of a real server on SQLite and PostgreSQL, with slapd and a CMDB; against reading the
 * same sources and loading the same rows with nothing in between. The last line is one JSON object.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type StoreName, storeNames } from './sync/databases.ts';
import { measureSyncs, type StoreMeasurement, type SyncBenchOptions } from './sync/measure.ts';
import { createProgress } from './sync/progress.ts';
import { describeBench, syncBench } from './sync/result.ts';
import { type InventoryName, inventoryNames } from './sync/site/inventory-source.ts';

const usage = `Usage: ./run bench sync [OPTIONS]

Times a first sync, an unchanged one, and one after a person has left a group that is on a tenth of the instances.

  --instances N            machines in the CMDB, 10 to 1000000 (100000)
  --accounts N             people in the directory, 100 to 20000 (5000)
  --store NAME             sqlite, postgres or both (both)
  --inventory NAME         file or netbox (file)
  --profile FOLDER         also write a CPU profile of each phase there; figures are then higher
  --phase-minutes N        give up when one phase takes longer (30)
  --help

Examples:
  ./run bench sync
  ./run bench sync --instances 20000 --store sqlite --profile profiles
`;

class UsageError extends Error {}

/** The options of a command line. Fails with `UsageError`; undefined where help is wanted. */
export function readOptions(argv: readonly string[], signal: AbortSignal): SyncBenchOptions | undefined {
  const { values } = parseArguments(argv);
  if (values.help) return undefined;
  return {
    instances: wholeNumber('--instances', values.instances, 10, 1_000_000),
    accounts: wholeNumber('--accounts', values.accounts, 100, 20_000),
    stores:
      values.store === 'both'
        ? storeNames
        : [oneOf<StoreName>('--store', values.store, storeNames, ', both')],
    inventory: oneOf<InventoryName>('--inventory', values.inventory, inventoryNames),
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
    phaseMinutes: wholeNumber('--phase-minutes', values['phase-minutes'], 1, 600),
    signal,
  };
}

function parseArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        instances: { type: 'string', default: '100000' },
        accounts: { type: 'string', default: '5000' },
        store: { type: 'string', default: 'both' },
        inventory: { type: 'string', default: 'file' },
        profile: { type: 'string' },
        'phase-minutes': { type: 'string', default: '30' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not ${text}`);
}

function oneOf<T extends string>(name: string, text: string, names: readonly T[], more = ''): T {
  const found = names.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(`${name} takes ${names.join(', ')}${more}, not ${text}`);
}

async function main(): Promise<number> {
  const stop = new AbortController();
  // Not once: execa ends a process at a signal that nobody else listens for any more.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stop.abort(new Error(`stopped by ${signal}`));
    });
  let options: SyncBenchOptions | undefined;
  try {
    options = readOptions(process.argv.slice(2), stop.signal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  if (options.profileFolder !== undefined) await mkdir(options.profileFolder, { recursive: true });
  let measurements: readonly StoreMeasurement[];
  try {
    measurements = await measureSyncs(options, createProgress(process.stderr));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    console.error('stopped; nothing is left behind');
    return 130;
  }
  const result = syncBench(options, measurements);
  console.log(`\n${describeBench(result, measurements)}\n`);
  console.log(JSON.stringify(result));
  return 0;
}

if (import.meta.main) process.exitCode = await main();
