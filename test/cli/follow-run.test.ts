import { describe, expect, it } from 'vitest';
import type { SyncRun } from '../../schemas/types/api.ts';
import { followRun } from '../../server/cli/commands/runs/follow-run.ts';
import { createOutput } from '../../server/cli/output/output.ts';
import { progressText } from '../../server/cli/views/progress-text.ts';
import { AppError } from '../../server/domain/errors.ts';
import { runs } from './bodies.ts';
import { captured } from './captured.ts';

const unreachable = new AppError('server-unreachable', 'cannot reach the server');

/** Follows a run whose answers are given; an error is a failed question. */
async function follow(
  answers: readonly (SyncRun | AppError)[],
  { patienceMs = 60_000, interruptAfter = Number.POSITIVE_INFINITY } = {},
) {
  const { dependencies, written } = captured();
  const interrupt = new AbortController();
  let asked = 0;
  let ended: SyncRun | undefined;
  const told = (run: SyncRun): Promise<SyncRun> => {
    if (run.state !== 'running') ended = run;
    return Promise.resolve({ ...run, outcomes: [] });
  };
  const result = await followRun(
    {
      api: {
        run: () => (ended === undefined ? Promise.reject(new Error('too early')) : Promise.resolve(ended)),
        runProgress: () => {
          const answer = answers[asked];
          asked += 1;
          if (asked >= interruptAfter) interrupt.abort(new Error('SIGINT'));
          return answer instanceof AppError || answer === undefined
            ? Promise.reject(answer ?? new Error('asked too often'))
            : told(answer);
        },
      },
      output: createOutput(dependencies, { json: false }),
      signal: interrupt.signal,
    },
    'syncing',
    () => Promise.resolve(runs.running),
    { firstMs: 1, mostMs: 4, patienceMs },
  ).catch((error: unknown) => error);
  return { result, asked, written };
}

describe('following a run', () => {
  it('asks until it has ended, and says nothing where there is no terminal', async () => {
    const { result, written } = await follow([runs.running, runs.running, runs.succeeded]);
    expect(result).toEqual(runs.succeeded);
    expect(written).toEqual({ stdout: '', stderr: '' });
  });

  it('survives a server that is away for a while', async () => {
    const away = [unreachable, new AppError('timeout', 'no answer'), new AppError('storage-failed', 'full')];
    const { result, asked } = await follow([runs.running, ...away, runs.running, runs.failed]);
    expect([result, asked]).toEqual([runs.failed, 6]);
  });

  it('gives up on one that stays away, and tells how to look at the run later', async () => {
    const { result } = await follow([unreachable, unreachable], { patienceMs: -1 });
    expect(result).toMatchObject({
      code: 'server-unreachable',
      message: expect.stringContaining(`ubugi runs ${runs.running.id}`),
    });
  });

  it('ends where the server does not know the run any more, or refuses to tell', async () => {
    const gone = await follow([new AppError('not-found', 'there is no such run')]);
    expect(gone.result).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('it ended while the run was under way'),
    });
    const refused = await follow([new AppError('unauthorized', 'the token was revoked')]);
    expect(refused.result).toMatchObject({ code: 'unauthorized' });
  });

  it('tells who interrupts that the run goes on', async () => {
    const { result, written } = await follow([runs.running, runs.running, runs.running], {
      interruptAfter: 2,
    });
    expect(result).toBeInstanceOf(Error);
    expect(written.stderr).toBe(
      `run ${runs.running.id} goes on at the server; \`ubugi runs ${runs.running.id} --follow\` shows how far it is\n`,
    );
  });
});

describe('progress', () => {
  it.each<[NonNullable<SyncRun['progress']>, string]>([
    [{ phase: 'fetching', done: 0, total: null }, 'reading CMDB and directory'],
    [{ phase: 'fetching', done: 1200, total: null }, 'reading CMDB and directory  1,200'],
    [{ phase: 'planning', done: 0, total: 4 }, 'comparing  ░░░░░░░░░░░░░░░░░░░░ 0 of 4'],
    [
      { phase: 'planning', done: 50_000, total: 100_000 },
      'comparing  ██████████░░░░░░░░░░ 50,000 of 100,000',
    ],
    [{ phase: 'committing', done: 9, total: 4 }, 'committing  ████████████████████ 9 of 4'],
    [{ phase: 'committing', done: 0, total: 0 }, 'committing  0'],
  ])('of %o', (progress, text) => {
    expect(progressText({ progress })).toBe(text);
  });
});
