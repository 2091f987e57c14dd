import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SyncRun } from '../../schemas/types/api.ts';
import { createLog } from '../../server/config/log.ts';
import { AppError } from '../../server/domain/errors.ts';
import type { SyncJob } from '../../server/sync/sync-job.ts';
import { scheduleSync } from '../../server/sync/sync-schedule.ts';

const succeeded: SyncRun = {
  id: '00000000-0000-4000-8000-000000000001',
  kind: 'sync',
  state: 'succeeded',
  actor: 'schedule',
  reason: '',
  dryRun: false,
  startedAt: '2026-01-02T03:04:05Z',
  finishedAt: '2026-01-02T03:04:06Z',
  reading: 'whole',
  policyVersion: 'ab'.repeat(32),
  durations: { fetch: 12, plan: 3, commit: 4 },
  effects: [],
  counts: { instances: 0, created: 0, changed: 0, unchanged: 0, removed: 0, quarantined: 0 },
  problems: [],
  outcomes: [],
  error: null,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A schedule whose runs end when and how the test says. */
function scheduled(intervalSeconds: number) {
  const runs: { readonly succeed: (run?: SyncRun) => void; readonly fail: (error: unknown) => void }[] = [];
  const actors: string[] = [];
  const lines: { readonly level: string; readonly msg: string }[] = [];
  const syncJob: Pick<SyncJob, 'run'> = {
    run: (_, actor) =>
      new Promise((resolve, reject) => {
        actors.push(actor);
        runs.push({
          succeed: (run = succeeded) => {
            resolve(run);
          },
          fail: reject,
        });
      }),
  };
  const log = createLog('debug', {
    write: (line) => void lines.push(JSON.parse(line) as { level: string; msg: string }),
  });
  return { runs, actors, lines, schedule: scheduleSync({ syncJob, log }, { intervalSeconds }) };
}

it('runs at once, and then the interval after the end of each run, however long that took', async () => {
  const { runs, actors, schedule } = scheduled(300);
  expect(actors).toEqual(['schedule']);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(runs).toHaveLength(1);
  runs[0]?.succeed();
  await vi.advanceTimersByTimeAsync(299_999);
  expect(runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toHaveLength(2);
  runs[1]?.succeed();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(runs).toHaveLength(3);
  runs[2]?.succeed();
  await schedule.stop();
});

it('never runs with interval 0', async () => {
  const { runs, schedule } = scheduled(0);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(runs).toHaveLength(0);
  expect(vi.getTimerCount()).toBe(0);
  await schedule.stop();
});

it.each([
  ['fails', new AppError('storage-failed', 'the disk is full'), 'error'],
  ['throws what is no error', 'oops', 'error'],
  ['finds another run under way', new AppError('busy', 'another run is under way'), 'debug'],
])('goes on after a run that %s, which it logs', async (_, failure, level) => {
  const { runs, lines, schedule } = scheduled(60);
  runs[0]?.fail(failure);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs).toHaveLength(2);
  expect(lines.map((line) => line.level)).toEqual([level]);
  runs[1]?.succeed();
  await schedule.stop();
});

it.each(['failed', 'stopped-by-guard'] as const)('logs a run that is %s as an error', async (state) => {
  const { runs, lines, schedule } = scheduled(60);
  runs[0]?.succeed({ ...succeeded, state, error: 'the CMDB is empty' });
  await schedule.stop();
  expect(lines).toMatchObject([{ level: 'error', state, error: 'the CMDB is empty' }]);
});

it('stops at once between runs', async () => {
  const { runs, schedule } = scheduled(60);
  runs[0]?.succeed();
  await vi.advanceTimersByTimeAsync(1000);
  await schedule.stop();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs).toHaveLength(1);
});

it('stops during a run by waiting for it, and starts no other', async () => {
  const { runs, schedule } = scheduled(60);
  let stopped = false;
  const stopping = schedule.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(stopped).toBe(false);
  runs[0]?.succeed();
  await stopping;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
