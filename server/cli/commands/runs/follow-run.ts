import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncRun } from '../../../../schemas/types/api.ts';
import { AppError, type ErrorCode } from '../../../domain/errors.ts';
import type { ApiClient } from '../../api-client.ts';
import type { Output } from '../../output/output.ts';
import type { ProgressUpdate } from '../../output/progress.ts';
import { progressText } from '../../views/progress-text.ts';

/** What following a run works with. */
export interface FollowPorts {
  readonly api: Pick<ApiClient, 'run' | 'runProgress'>;
  readonly output: Output;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

/** Milliseconds. */
export interface FollowPace {
  /** From one question to the next, at first and later. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** How long the server may be away. */
  readonly patienceMs: number;
}

const usualPace: FollowPace = { firstMs: 100, mostMs: 1000, patienceMs: 60_000 };
const slowing = 1.5;

/** What passes by: the server restarts, the network comes back. */
const passing: ReadonlySet<ErrorCode> = new Set(['server-unreachable', 'timeout', 'storage-failed']);

/**
 * Starts a run at the server and shows how far it is until it ends. A server that is away for a while is waited for.
 * Who interrupts is told that the run goes on, and where to look.
 * @param start fails where the run could not be started
 */
export async function followRun(
  ports: FollowPorts,
  label: string,
  start: () => Promise<SyncRun>,
  pace: FollowPace = usualPace,
): Promise<SyncRun> {
  const { output, signal } = ports;
  let id: string | undefined;
  try {
    return await output.progress(label, async (update) => {
      const run = await start();
      id = run.id;
      return await untilEnd(ports, run, update, pace);
    });
  } catch (error) {
    if (signal.aborted && id !== undefined) {
      output.message((page) => {
        page.line(`run ${id} goes on at the server; \`ubugi runs ${id} --follow\` shows how far it is`);
      });
    }
    throw error;
  }
}

async function untilEnd(
  { api, signal }: FollowPorts,
  started: SyncRun,
  update: ProgressUpdate,
  { firstMs, mostMs, patienceMs }: FollowPace,
): Promise<SyncRun> {
  let run = started;
  let pauseMs = firstMs;
  let lostAt: number | undefined;
  while (run.state === 'running') {
    update(lostAt === undefined ? progressText(run) : 'the server does not answer, trying again');
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(mostMs, pauseMs * slowing);
    try {
      run = await ask(api, started.id);
      lostAt = undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      lostAt ??= performance.now();
      if (!passing.has(error.code) || performance.now() - lostAt > patienceMs) throw lost(started.id, error);
    }
  }
  return run;
}

/** What became of each instance can be megabytes: it is asked for once, at the end. */
async function ask(api: FollowPorts['api'], id: string): Promise<SyncRun> {
  const run = await api.runProgress(id);
  return run.state === 'running' ? run : await api.run(id);
}

function lost(id: string, error: AppError): AppError {
  if (error.code === 'not-found') {
    return new AppError(
      'internal',
      `the server does not know run ${id} any more: it ended while the run was under way. What had been committed is whole; run the command again`,
      { cause: error },
    );
  }
  return new AppError(
    error.code,
    `run ${id} may go on at the server, but cannot be followed: ${error.message}. Look at it later with \`ubugi runs ${id}\``,
    { details: error.details, cause: error },
  );
}
