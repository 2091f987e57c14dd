import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunProgress } from '../../schemas/types/api.ts';
import { followInstances } from '../../server/cli/commands/runs/follow-instances.ts';
import { createOutput } from '../../server/cli/output/output.ts';
import { followedError } from '../../server/cli/views/followed-view.ts';
import { AppError } from '../../server/domain/errors.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { rollout, runProgress } from './bodies.ts';
import { captured } from './captured.ts';
import { documentedAnswer } from './documented-answers.ts';
import { runUbugi } from './run-ubugi.ts';

const pace = { everyMs: 1, patienceMs: 60_000 };
const zero = { total: 3, waiting: 0, attached: 0, applied: 0, failed: 0, removed: 0 };

function progressOf(counts: Partial<RunProgress['counts']>): RunProgress {
  return { run: runProgress.run, counts: { ...zero, ...counts }, instances: [], next: null };
}

/** Follows instances whose counts are given; an error is a failed question. */
async function follow(
  answers: readonly (RunProgress | AppError)[],
  timeoutSeconds = 60,
  interruptAfter = 99,
) {
  const { dependencies, written } = captured();
  const interrupt = new AbortController();
  let asked = 0;
  const api = {
    runTargets: (_run: string, query: { readonly limit?: unknown }) => {
      const last = answers.at(-1);
      if (query.limit !== undefined && !(last instanceof AppError))
        return Promise.resolve({ ...runProgress, counts: zero });
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (asked >= interruptAfter) interrupt.abort(new Error('SIGINT'));
      return answer instanceof AppError || answer === undefined
        ? Promise.reject(answer ?? new Error('asked too often'))
        : Promise.resolve(answer);
    },
  };
  const output = createOutput(dependencies, { json: false });
  const result = await followInstances(
    { api, output, signal: interrupt.signal },
    runProgress.run,
    timeoutSeconds,
    pace,
  ).catch((error: unknown) => error);
  return { result, asked, written };
}

describe('following the machines of a regenerate', () => {
  it('asks for counts until all have applied it or failed, with a line for each change', async () => {
    const { result, asked, written } = await follow([
      progressOf({ waiting: 3 }),
      progressOf({ waiting: 3 }),
      progressOf({ waiting: 1, attached: 1, applied: 1 }),
      progressOf({ applied: 2, failed: 1 }),
    ]);
    expect(result).toMatchObject({ kind: 'done' });
    expect(asked).toBe(4);
    expect(written.stderr.split('\n')).toEqual([
      'waiting for the machines: 0 of 3 applied, 3 not attached',
      'waiting for the machines: 1 of 3 applied, 1 attached, not applied, 1 not attached',
      'waiting for the machines: 2 of 3 applied, 1 failed',
      '',
    ]);
  });

  it('survives a server that restarts, and stops looking in time', async () => {
    const away = new AppError('server-unreachable', 'gone');
    const { result } = await follow([away, away, progressOf({ waiting: 3 })], 0.05);
    expect(result).toMatchObject({ kind: 'timed-out' });
    expect(followedError('timed-out', progressOf({ waiting: 1 }))?.code).toBe('timeout');
    expect(followedError('done', progressOf({ applied: 3 }))).toBeUndefined();
  });

  it('interrupted, says that the machines get it all the same', async () => {
    const { written } = await follow([progressOf({ waiting: 3 })], 60, 2);
    expect(written.stderr).toContain('ubugi list --pending');
  });

  it('has nothing to wait for where no instance was chosen', async () => {
    const { result } = await follow([new AppError('not-found', 'nothing is followed')]);
    expect(result).toMatchObject({ kind: 'done', progress: { counts: { total: 0 } } });
  });
});

describe('regenerate-drive --wait', () => {
  let server: AnsweringServer;
  beforeAll(async () => {
    server = await startAnsweringServer((request) =>
      request.method === 'POST' && JSON.stringify(request.body).includes('canary')
        ? { status: 202, json: rollout }
        : documentedAnswer(request),
    );
  });
  afterAll(async () => {
    await server.close();
  });
  const run = async (...args: readonly string[]) =>
    await runUbugi(['regenerate-drive', 'web-01', '--wait', ...args], {
      UBUGI_SOCKET: server.socket,
      COLUMNS: '100',
    });

  it('shows who failed and why, and exits with 1', async () => {
    const { stdout, stderr, exitCode } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('1 instance of 2 failed');
    await expect(stdout).toMatchFileSnapshot('golden/regenerate-drive-wait.txt');
  });

  it('gives one document with --json', async () => {
    const { stdout, exitCode } = await run('--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ run: { kind: 'regenerate' }, progress: runProgress });
  });

  it('follows a rollout until it halts', async () => {
    const { stdout, stderr, exitCode } = await run('--canary', '2', '--halt-after', '5%');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('ubugi rollout resume');
    expect(stderr).toContain('has halted: 1 machine of the canary failed');
  });

  it.each(['0', '5', '5.5%', '101%', '%'])(
    'takes no --halt-after %s but a count or a share',
    async (text) => {
      const { exitCode } = await run('--canary', '2', '--halt-after', text);
      expect(exitCode).toBe(text === '5' ? 1 : 2);
    },
  );
});
