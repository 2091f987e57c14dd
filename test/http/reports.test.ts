import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  EventList,
  GenerationDiff,
  HypervisorList,
  InstanceDetail,
  Timeline,
} from '../../schemas/types/api.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let hypervisor: string;
const one = `/v1/instances/${web01.id}`;

beforeAll(async () => {
  server = await startApiServer();
  hypervisor = await server.token('hypervisor', 'hv-01');
});
afterAll(async () => {
  await server.close();
});

async function send(report: object, path = one): Promise<number> {
  return (await server.send('POST', `${path}/reports`, { token: hypervisor, body: report })).status;
}

async function detail(): Promise<InstanceDetail> {
  return (await server.local('GET', one)).json as InstanceDetail;
}

it('reports move attached and applied, and stand in timeline, audit trail and list of hypervisors', async () => {
  expect((await detail()).summary.generation).toEqual({
    newest: 1,
    attached: null,
    applied: null,
    pending: true,
    state: 'not-attached',
  });
  expect(await send(sampleReport(web01.id, { origin: 'hypervisor', outcome: 'attached' }))).toBe(204);
  expect((await detail()).summary.generation).toMatchObject({ attached: 1, applied: null, pending: true });
  const applied = sampleReport(web01.id);
  expect(await send(applied)).toBe(204);
  const { summary, lastReport } = await detail();
  expect(summary.generation).toEqual({
    newest: 1,
    attached: 1,
    applied: 1,
    pending: false,
    state: 'current',
  });
  expect(lastReport).toEqual(applied);

  const timeline = (await server.local('GET', `${one}/timeline`)).json as Timeline;
  expect(timeline.reports.map(({ outcome }) => outcome)).toEqual(['attached', 'applied']);
  expect(timeline.generations.map(({ number }) => number)).toEqual([1]);
  const { events } = (await server.local('GET', '/v1/audit?limit=1000&instance=web-01')).json as EventList;
  expect(timeline.events).toEqual(events);
  expect(events.filter(({ action }) => action === 'report-received')).toMatchObject([
    { actor: 'token:hv-01', details: { origin: 'hypervisor', outcome: 'attached', generation: 1 } },
    { actor: 'token:hv-01', details: { origin: 'guest', outcome: 'applied', generation: 1 } },
  ]);
  const { hypervisors } = (await server.local('GET', '/v1/hypervisors')).json as HypervisorList;
  expect(hypervisors.find(({ host }) => host === 'hv-01')?.lastSeenAt).toBe(server.now().toISOString());
});

it('a report of failure moves nothing', async () => {
  await server.local('POST', `${one}/regenerate`, { body: { force: true } });
  for (const outcome of ['failed', 'refused'] as const) {
    expect(await send(sampleReport(web01.id, { generation: 2, outcome, reason: 'no' }))).toBe(204);
  }
  expect((await detail()).summary.generation).toMatchObject({ newest: 2, applied: 1, pending: true });
});

it.each([
  ['of another instance than the path’s', sampleReport(web02.id), one, 400],
  ['of a generation that there is not', sampleReport(web01.id, { generation: 99 }), one, 409],
  ['of generation 0', { ...sampleReport(web01.id), generation: 0 }, one, 400],
  ['of an instance on another host', sampleReport(web02.id), `/v1/instances/${web02.id}`, 403],
  ['with a field of its own', { ...sampleReport(web01.id), secret: 'x' }, one, 400],
  ['that is too long', { ...sampleReport(web01.id), reason: 'x'.repeat(256 * 1024) }, one, 413],
])('a report %s changes nothing', async (_, report, path, status) => {
  const before = await detail();
  expect(await send(report, path)).toBe(status);
  expect(await detail()).toEqual(before);
});

it('generations tell what changed and where it came from', async () => {
  server.records = [{ ...web01, interfaces: [{ mac: '52:54:00:12:34:56', dhcp4: true }] }, web02];
  await server.local('POST', '/v1/sync', { body: {} });
  const diff = await server.local('GET', `${one}/diff`);
  expect(diff.json).toMatchObject({ from: 2, to: 3 });
  const { changes } = diff.json as GenerationDiff;
  expect(new Set(changes.map(({ section }) => section))).toEqual(new Set(['network']));
  const back = await server.local('GET', `${one}/diff?from=3&to=1`);
  expect(back.json).toMatchObject({ from: 3, to: 1 });
  const same = await server.local('GET', `${one}/diff?from=1&to=2`);
  expect(same.json).toMatchObject({ changes: [] });
  const first = (await server.local('GET', `${one}/diff?to=1`)).json as { from: null; changes: object[] };
  expect(first.from).toBeNull();
  expect(first.changes.length).toBeGreaterThan(3);
  const explained = await server.local('GET', `${one}/explain?section=accounts`);
  expect(explained.json).toMatchObject({
    generation: 3,
    lines: [{ section: 'accounts', subject: 'alice', sources: expect.any(Array) as unknown[] }],
  });
});
