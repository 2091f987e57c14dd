import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SyncRun } from '../../schemas/types/api.ts';
import { createLog } from '../../server/config/log.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { AppError } from '../../server/domain/errors.ts';
import type { SyncJob } from '../../server/sync/sync-job.ts';
import { createSyncSchedule, type SyncScheduleOptions } from '../../server/sync/sync-schedule.ts';

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
async function scheduled(intervalSeconds: number, options: Partial<SyncScheduleOptions> = {}) {
  const runs: { readonly succeed: (run?: SyncRun) => void; readonly fail: (error: unknown) => void }[] = [];
  const actors: string[] = [];
  const whole: boolean[] = [];
  const lines: { readonly level: string; readonly msg: string }[] = [];
  const syncJob: Pick<SyncJob, 'run'> = {
    run: (task, actor) =>
      new Promise((resolve, reject) => {
        actors.push(actor);
        whole.push(task.kind === 'sync' && task.request.full === true);
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
  const schedule = createSyncSchedule(
    { syncJob, log, clock: systemClock },
    { intervalSeconds, fullIntervalSeconds: 86_400, hintDelaySeconds: 2, ...options },
  );
  schedule.start();
  await vi.advanceTimersByTimeAsync(0);
  return { runs, actors, whole, lines, schedule };
}

const changes: SyncRun = { ...succeeded, reading: 'changes' };

it('runs at once, and then the interval after the end of each run, however long that took', async () => {
  const { runs, actors, schedule } = await scheduled(300);
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
  const { runs, schedule } = await scheduled(0);
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
  const { runs, lines, schedule } = await scheduled(60);
  runs[0]?.fail(failure);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs).toHaveLength(2);
  expect(lines.map((line) => line.level)).toEqual([level]);
  runs[1]?.succeed();
  await schedule.stop();
});

it.each(['failed', 'stopped-by-guard'] as const)('logs a run that is %s as an error', async (state) => {
  const { runs, lines, schedule } = await scheduled(60);
  runs[0]?.succeed({ ...succeeded, state, error: 'the CMDB is empty' });
  await schedule.stop();
  expect(lines).toMatchObject([{ level: 'error', state, error: 'the CMDB is empty' }]);
});

it('stops at once between runs', async () => {
  const { runs, schedule } = await scheduled(60);
  runs[0]?.succeed();
  await vi.advanceTimersByTimeAsync(1000);
  await schedule.stop();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs).toHaveLength(1);
});

it('stops during a run by waiting for it, and starts no other', async () => {
  const { runs, schedule } = await scheduled(60);
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

it('reads everything at first and when that is due again, and what changed between', async () => {
  const { runs, whole, schedule } = await scheduled(3600, { fullIntervalSeconds: 10_000 });
  for (let run = 0; run < 7; run += 1) {
    runs[run]?.succeed(changes);
    await vi.advanceTimersByTimeAsync(3_600_000);
  }
  expect(whole).toEqual([true, false, false, true, false, false, true, false]);
  await Promise.all([schedule.stop(), Promise.resolve(runs.at(-1)?.succeed())]);
});

it('reads everything again until that has succeeded', async () => {
  const { runs, whole, schedule } = await scheduled(60);
  runs[0]?.fail(new AppError('inventory-unavailable', 'the CMDB does not answer'));
  await vi.advanceTimersByTimeAsync(60_000);
  runs[1]?.succeed({ ...succeeded, state: 'stopped-by-guard' });
  await vi.advanceTimersByTimeAsync(60_000);
  runs[2]?.succeed();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(whole).toEqual([true, true, true, false]);
  runs[3]?.succeed();
  await schedule.stop();
});

it('a run that read everything of its own accord counts, and every one does with interval 0', async () => {
  const { runs, whole, schedule } = await scheduled(60, { fullIntervalSeconds: 0 });
  runs[0]?.succeed();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(whole).toEqual([true, true]);
  runs[1]?.succeed();
  await schedule.stop();

  const other = await scheduled(60, { fullIntervalSeconds: 150 });
  other.runs[0]?.succeed();
  await vi.advanceTimersByTimeAsync(60_000);
  other.runs[1]?.succeed({ ...succeeded, reading: 'whole' });
  await vi.advanceTimersByTimeAsync(60_000);
  other.runs[2]?.succeed(changes);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(other.whole).toEqual([true, false, false, false]);
  other.runs[3]?.succeed();
  await other.schedule.stop();
});

describe('hints', () => {
  it('that come together cause one run a little later, which reads what changed', async () => {
    const { runs, actors, whole, schedule } = await scheduled(0);
    for (let hint = 0; hint < 50; hint += 1) schedule.soon('webhook:netbox');
    await vi.advanceTimersByTimeAsync(1999);
    expect(runs).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect([actors, whole]).toEqual([['webhook:netbox'], [false]]);
    runs[0]?.succeed(changes);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    await schedule.stop();
  });

  it('that come during a run cause one more after it, however many and however long it takes', async () => {
    const { runs, actors, schedule } = await scheduled(300);
    for (let second = 0; second < 30; second += 1) {
      schedule.soon('webhook:netbox');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(actors).toEqual(['schedule']);
    runs[0]?.succeed();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(actors).toEqual(['schedule', 'webhook:netbox']);
    runs[1]?.succeed(changes);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(actors).toHaveLength(2);
    await schedule.stop();
  });

  it('are tried again while a run of somebody else is under way', async () => {
    const { runs, actors, schedule } = await scheduled(0);
    schedule.soon('webhook:netbox');
    await vi.advanceTimersByTimeAsync(2000);
    runs[0]?.fail(new AppError('busy', 'another run is under way'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(actors).toEqual(['webhook:netbox', 'webhook:netbox']);
    runs[1]?.succeed(changes);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toHaveLength(2);
    await schedule.stop();
  });

  it('cause nothing once it has stopped', async () => {
    const { runs, schedule } = await scheduled(0);
    schedule.soon('webhook:netbox');
    await schedule.stop();
    schedule.soon('webhook:netbox');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
