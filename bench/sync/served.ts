import { on, once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import type { SyncRun } from '../../schemas/types/api.ts';
import { type ProcessFigures, readProcess, resetPeak } from './process-figures.ts';

const main = join(import.meta.dirname, '../../server/main.ts');
const startMs = 60_000;
/** As `./run serve` starts it. */
const serveArguments = ['--max-semi-space-size=8'];

/** `ubugi serve` as a process of its own. */
export interface ServedUbugi {
  /** Base URL of its TCP listener. */
  readonly url: string;
  /** `POST /v1/sync` over its Unix socket. Fails unless the run succeeded. */
  sync(signal: AbortSignal): Promise<MeasuredSync>;
  /** What the process takes now. */
  figures(): Promise<ProcessFigures>;
  stop(): Promise<void>;
}

/** A sync as the one who asked for it saw it, and what it cost the server's process. */
export interface MeasuredSync {
  readonly counts: SyncRun['counts'];
  /** From the request to the whole answer. */
  readonly seconds: number;
  /** User and system time of the process, all its threads. */
  readonly cpuSeconds: number;
  /** Most memory that was resident at once meanwhile (VmHWM). */
  readonly peakBytes: number;
}

/** What to start it with. */
export interface ServedOptions {
  readonly config: string;
  readonly socket: string;
  /** Arguments of node itself. */
  readonly nodeArguments: readonly string[];
}

/** Starts the server and waits until it listens. It does not outlive this process. */
export async function serveUbugi({ config, socket, nodeArguments }: ServedOptions): Promise<ServedUbugi> {
  const server = execa(
    process.execPath,
    [...serveArguments, ...nodeArguments, main, 'serve', '--config', config],
    {
      stdin: 'ignore',
      reject: false,
      forceKillAfterDelay: 20_000,
    },
  );
  const end = server.then(({ stderr }) => {
    throw new Error(`the server ended: ${stderr}`);
  });
  end.catch(() => undefined);
  const { pid } = server;
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await server;
  };
  let url = '';
  try {
    if (pid === undefined) await end;
    const lines = createInterface({ input: server.stdout });
    const signal = AbortSignal.timeout(startMs);
    const listening = async (): Promise<void> => {
      // Options of node may make it print other things.
      for await (const [line] of on(lines, 'line', { signal })) {
        [, url = ''] = /^listening on (http\S+)/.exec(String(line)) ?? [];
        if (url !== '') return;
      }
    };
    await Promise.race([listening(), end]);
  } catch (error) {
    await stop();
    throw error;
  }
  const serverPid = pid ?? 0;
  return {
    url,
    async sync(signal) {
      await resetPeak(serverPid);
      const before = await readProcess(serverPid);
      const start = performance.now();
      const run = await Promise.race([postSync(socket, signal), end]);
      const seconds = (performance.now() - start) / 1000;
      const after = await readProcess(serverPid);
      if (run.state !== 'succeeded')
        throw new Error(`the sync ${run.state}: ${run.error ?? 'no reason given'}`);
      return {
        counts: run.counts,
        seconds,
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        peakBytes: after.peakBytes,
      };
    },
    figures: async () => await readProcess(serverPid),
    stop,
  };
}

/** Fails with the signal's own reason when it aborts. */
async function postSync(socketPath: string, signal: AbortSignal): Promise<SyncRun> {
  try {
    return await exchange(socketPath, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function exchange(socketPath: string, signal: AbortSignal): Promise<SyncRun> {
  const outgoing = request({
    socketPath,
    method: 'POST',
    path: '/v1/sync',
    headers: { 'content-type': 'application/json' },
    signal,
  });
  outgoing.end('{}');
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
  const body = await text(incoming);
  if (incoming.statusCode !== 200) throw new Error(`POST /v1/sync answered ${incoming.statusCode}: ${body}`);
  return JSON.parse(body) as SyncRun;
}
