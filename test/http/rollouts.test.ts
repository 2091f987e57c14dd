import { afterEach, beforeEach, expect, it } from 'vitest';
import type {
  InstanceDetail,
  InstanceList,
  Rollout,
  RolloutInstanceList,
  RunProgress,
  SyncRun,
} from '../../schemas/types/api.ts';
import { createRolloutAdvance } from '../../server/rollouts/advance-rollouts.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  await server.close();
});

const names = async (query: string) =>
  ((await server.local('GET', `/v1/instances?${query}`)).json as InstanceList).instances.map(
    ({ name }) => name,
  );
const state = async (id: string) =>
  ((await server.local('GET', `/v1/instances/${id}`)).json as InstanceDetail).summary.generation;
/** Those that are not 0. */
const rolloutMetrics = async () =>
  (await server.local('GET', '/metrics')).bytes
    .toString()
    .split('\n')
    .filter((line) => /^ubugi_rollout.*[^ 0]$/.test(line));
const report = async (id: string, fields: Parameters<typeof sampleReport>[1]) => {
  server.advance(1);
  const body = sampleReport(id, { startedAt: server.now().toISOString(), ...fields });
  expect((await server.local('POST', `/v1/instances/${id}/reports`, { body })).status).toBe(204);
};

it('says how far an instance is, from its first generation to the one that failed', async () => {
  expect(await state(web01.id)).toMatchObject({ state: 'not-attached', pending: true });
  await report(web01.id, { origin: 'hypervisor', outcome: 'attached' });
  expect(await state(web01.id)).toMatchObject({ state: 'not-applied', pending: true });
  await report(web01.id, { outcome: 'applied' });
  expect(await state(web01.id)).toMatchObject({ state: 'current', pending: false });
  expect(await names('pending=true')).toEqual(['web-02']);
  await server.local('POST', '/v1/regenerate', { body: { instances: ['web-01'], force: true } });
  await report(web01.id, { generation: 2, outcome: 'failed', reason: 'no space left' });
  expect(await state(web01.id)).toMatchObject({
    state: 'failed',
    failure: { generation: 2, at: server.now().toISOString(), reason: 'no space left' },
  });
  expect(await names('failed=true')).toEqual(['web-01']);
});

it('a regenerate can be followed until the machines have applied it', async () => {
  const body = { all: true, force: true };
  const { id } = (await server.local('POST', '/v1/regenerate', { body })).json as SyncRun;
  const progress = async () =>
    (await server.local('GET', `/v1/sync/runs/${id}/progress?limit=10`)).json as RunProgress;
  expect(await progress()).toMatchObject({ counts: { total: 2, waiting: 2 } });
  await report(web01.id, { generation: 2, outcome: 'applied' });
  await report(web02.id, { generation: 2, outcome: 'failed', reason: 'no space left' });
  const { counts, instances } = await progress();
  expect(counts).toMatchObject({ applied: 1, failed: 1, waiting: 0 });
  expect(instances.map(({ name, state: at, reason }) => [name, at, reason])).toEqual([
    ['web-01', 'applied', undefined],
    ['web-02', 'failed', 'no space left'],
  ]);
});

it('a regenerate in stages begins, halts by a report, and is rolled back', async () => {
  const { store, syncJob, clock, log } = server.ports;
  const advance = createRolloutAdvance({ store, syncJob, clock, log });
  const body = { instances: ['web-01', 'web-02'], canary: 1, force: true, reason: 'CHG-1' };
  const begun = await server.local('POST', '/v1/regenerate', { body });
  expect(begun.status).toBe(202);
  const path = begun.headers.get('location') ?? '';
  await advance();
  expect(await names('held=true')).toEqual(['web-02']);
  expect(await rolloutMetrics()).toEqual([
    'ubugi_rollouts{state="running"} 1',
    'ubugi_rollout_instances{state="waiting"} 1',
    'ubugi_rollout_instances{state="under-way"} 1',
  ]);
  await report(web01.id, { generation: 2, outcome: 'failed', reason: 'no space left' });
  await advance();
  const halted = (await server.local('GET', path)).json as Rollout;
  expect(halted).toMatchObject({ state: 'halted', reason: 'CHG-1', counts: { failed: 1, waiting: 1 } });
  expect(await rolloutMetrics()).toEqual([
    'ubugi_rollouts{state="halted"} 1',
    'ubugi_rollout_instances{state="waiting"} 1',
    'ubugi_rollout_instances{state="failed"} 1',
  ]);
  const list = (await server.local('GET', `${path}/instances?state=failed`)).json as RolloutInstanceList;
  expect(list.instances).toMatchObject([{ name: 'web-01', reason: 'no space left', generation: 2 }]);
  const back = await server.local('POST', `${path}/rollback`, { body: { reason: 'it fills disks' } });
  expect(back.json).toMatchObject({ kind: 'regenerate', state: 'succeeded', reason: 'it fills disks' });
  expect(await names('held=true')).toEqual(['web-01', 'web-02']);
  expect((await server.local('GET', path)).json).toMatchObject({ state: 'rolled-back' });
  expect(await rolloutMetrics()).toEqual([]);
  expect((await server.local('POST', `${path}/resume`)).status).toBe(409);
});

it('a dry run in stages is a dry run of all of it, and begins nothing', async () => {
  const body = { all: true, canary: 1, force: true, dryRun: true };
  const { status, json } = await server.local('POST', '/v1/regenerate', { body });
  expect([status, (json as SyncRun).dryRun]).toEqual([200, true]);
  expect((await server.local('GET', '/v1/rollouts')).json).toEqual({ rollouts: [] });
});

it('a regenerate of one instance reads nothing of the others', async () => {
  const { store, syncJob } = server.ports;
  const asked: unknown[] = [];
  const { ...unwatched } = store;
  Object.assign(store, {
    knownInstances: (ids?: Parameters<typeof store.knownInstances>[0]) => {
      asked.push(ids);
      return unwatched.knownInstances(ids);
    },
  });
  await syncJob.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops');
  expect(asked).toEqual([[web01.id]]);
});
