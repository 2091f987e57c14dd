import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventList, HostChanges, InstanceDetail, ReplayReport } from '../../schemas/types/api.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import { createReplayBoots } from '../../server/replay/replay-boots.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let operator: string;
const id = web01.id as InstanceId;
const path = `/v1/instances/${web01.id}`;

beforeEach(async () => {
  server = await startApiServer();
  operator = await server.token('operator', 'ops');
  const force = { all: true, force: true };
  await server.local('POST', '/v1/regenerate', { body: force });
});
afterEach(async () => {
  await server.close();
});

const start = (body: object = {}) => server.send('POST', `${path}/replay-boot`, { token: operator, body });
const served = async () => {
  const { status, headers } = await server.send('HEAD', `${path}/drive`, { token: operator });
  return [status, headers.get('ubugi-generation'), headers.get('ubugi-supersedes')];
};
const detail = async () => (await server.local('GET', path)).json as InstanceDetail;
const trail = async () => {
  const { json } = await server.local('GET', '/v1/audit?limit=1000');
  return (json as EventList).events.filter(({ action }) => action.startsWith('replay-'));
};

it('is for operators', async () => {
  for (const role of ['viewer', 'hypervisor'] as const) {
    const token = await server.token(role, `a-${role}`);
    expect((await server.send('POST', `${path}/replay-boot`, { token, body: {} })).status).toBe(403);
    expect((await server.send('POST', '/v1/replay-boot', { token, body: {} })).status).toBe(403);
  }
});

it('serves the first generation until it is taken back', async () => {
  expect(await served()).toEqual([200, '2', null]);
  expect((await start({ dryRun: true })).json).toMatchObject({ outcome: 'foreseen', changes: [] });
  expect(await served()).toEqual([200, '2', null]);
  expect((await start({ reason: 'lost' })).json).toMatchObject({
    outcome: 'started',
    generation: 1,
    newest: 2,
    until: '2026-01-03T03:04:05.000Z',
  });
  expect(await served()).toEqual([200, '1', '2']);
  const feed = await server.local('GET', '/v1/hypervisors/hv-01/changes');
  expect((feed.json as HostChanges).instances).toMatchObject([
    { instance: id, generation: 1, replay: { generation: 1, supersedes: 2 } },
  ]);
  expect(await detail()).toMatchObject({
    summary: { replay: { generation: 1 } },
    replay: { actor: 'token:ops', reason: 'lost', endedAt: null },
  });
  const cancelled = await server.send('DELETE', `${path}/replay-boot`, { token: operator });
  expect(cancelled.json).toMatchObject({ outcome: 'cancelled', generation: 1 });
  expect(await served()).toEqual([200, '2', null]);
  expect((await server.send('DELETE', `${path}/replay-boot`, { token: operator })).status).toBe(409);
  expect((await detail()).summary.replay).toBeUndefined();
  expect((await trail()).map(({ action, actor }) => [action, actor])).toEqual([
    ['replay-started', 'token:ops'],
    ['replay-cancelled', 'token:ops'],
  ]);
});

it('ends when its time is over, and says so once', async () => {
  await start({ hours: 2 });
  server.advance(2 * 3600 - 1);
  const replayBoots = createReplayBoots(server.ports);
  expect(await replayBoots.expire()).toBe(0);
  expect(await served()).toEqual([200, '1', '2']);
  server.advance(1);
  expect(await served()).toEqual([200, '2', null]);
  expect(await Promise.all([replayBoots.expire(), createReplayBoots(server.ports).expire()])).toContain(1);
  expect(await replayBoots.expire()).toBe(0);
  expect((await detail()).replay).toMatchObject({ outcome: 'expired' });
  expect((await trail()).map(({ action }) => action)).toEqual(['replay-started', 'replay-expired']);
});

it('brings a new drive with every generation that is made meanwhile', async () => {
  await start();
  await server.local('POST', '/v1/regenerate', { body: { all: true, force: true } });
  expect(await served()).toEqual([200, '1', '3']);
});

it('gives the guest tokens that are still good', async () => {
  const issue = (generation: number, counter: number) =>
    server.ports.reportTokens?.issue({ instance: id, generation, counter }) ?? '';
  const send = async (generation: number, counter: number) => {
    const body = sampleReport(id, { generation, startedAt: server.now().toISOString() });
    const reply = await server.send('POST', `${path}/reports`, { token: issue(generation, counter), body });
    return reply.status;
  };
  expect([await send(1, 0), await send(2, 0), await send(2, 1)]).toEqual([200, 200, 200]);
  server.advance(60);
  await start();
  const { store } = server.ports;
  expect([await store.firstReportCounter(id, 1), await store.firstReportCounter(id, 2)]).toEqual([1, 2]);
  expect(await send(1, 0)).toBe(401);
  expect(await send(1, 1)).toBe(200);
  expect((await detail()).replay).toMatchObject({ outcome: 'applied' });
  expect(await send(2, 2)).toBe(200);
});

it('is started for all instances of a host, each by itself', async () => {
  const body = { where: { hypervisor: 'hv-0*' }, generation: 2 };
  await server.ports.store.transaction(async (transaction) => {
    await transaction.markRemoved(web02.id as InstanceId, server.now().toISOString());
  });
  const one = await server.send('POST', '/v1/replay-boot', { token: operator, body });
  expect((one.json as ReplayReport).outcomes).toMatchObject([{ name: 'web-01', outcome: 'started' }]);
  const many = await server.send('POST', '/v1/replay-boot', {
    token: operator,
    body: { instances: ['web-01'], generation: 9 },
  });
  expect((many.json as ReplayReport).outcomes).toMatchObject([
    { outcome: 'refused', problem: 'it has no generation 9; its newest is 2' },
  ]);
  expect((await start({ generation: 9 })).status).toBe(409);
  expect((await start({ generation: 0 })).status).toBe(400);
  expect((await start({ hours: 721 })).status).toBe(400);
});
