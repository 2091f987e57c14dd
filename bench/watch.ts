/**
 * `node bench/watch.ts [--hosts N] …`: hypervisors that wait for changes at one server; memory, CPU while nothing
 * changes, and how soon a change has reached them; against hosts that ask for their drives every few seconds. The last
 * line is one JSON object.
 */
import { parseArgs } from 'node:util';
import { createProgress } from './sync/progress.ts';
import { measureWatch, type WatchBenchOptions } from './watch/measure.ts';
import { describeWatch, watchResult } from './watch/result.ts';

const usage = `Usage: ./run bench watch [OPTIONS]

  --hosts N            hypervisors that wait, 1 to 15000 (7000); needs as many open files (ulimit -n) and some more
  --instances N        instances of each, 1 to 100 (14)
  --peer-hosts N       hypervisors of the peer (100, at most those that wait)
  --peer-seconds N     from one round of the peer's requests to the next, 1 to 60 (5)
  --idle-seconds N     for how long CPU is measured, 1 to 600 (20)
  --help
`;

class UsageError extends Error {}

/** The options of a command line. Fails with `UsageError`; undefined where help is wanted. */
export function readOptions(argv: readonly string[], signal: AbortSignal): WatchBenchOptions | undefined {
  const values = parseArguments(argv);
  if (values.help) return undefined;
  const hosts = wholeNumber('--hosts', values.hosts, 1, 15_000);
  return {
    hosts,
    instancesPerHost: wholeNumber('--instances', values.instances, 1, 100),
    peerHosts: Math.min(hosts, wholeNumber('--peer-hosts', values['peer-hosts'], 1, 15_000)),
    peerEverySeconds: wholeNumber('--peer-seconds', values['peer-seconds'], 1, 60),
    idleSeconds: wholeNumber('--idle-seconds', values['idle-seconds'], 1, 600),
    signal,
  };
}

function parseArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        hosts: { type: 'string', default: '7000' },
        instances: { type: 'string', default: '14' },
        'peer-hosts': { type: 'string', default: '100' },
        'peer-seconds': { type: 'string', default: '5' },
        'idle-seconds': { type: 'string', default: '20' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not ${text}`);
}

async function main(): Promise<number> {
  const stop = new AbortController();
  // Not once: execa ends a process at a signal that nobody else listens for any more.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stop.abort(new Error(`stopped by ${signal}`));
    });
  let options: WatchBenchOptions | undefined;
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
  try {
    const result = watchResult(options, await measureWatch(options, createProgress(process.stderr)));
    console.log(`\n${describeWatch(result)}\n`);
    console.log(JSON.stringify(result));
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    console.error('stopped; nothing is left behind');
    return 130;
  }
}

if (import.meta.main) process.exitCode = await main();
