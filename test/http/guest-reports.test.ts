import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { EventList, InstanceDetail, ReportReceipt } from '../../schemas/types/api.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import { createReportTokens } from '../../server/reports/report-tokens.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';
import type { Reply } from './http-exchange.ts';

let server: ApiServer;
const path = `/v1/instances/${web01.id}/reports`;

beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  await server.close();
});

const instance = web01.id as InstanceId;

function token(counter: number, generation = 1): string {
  return server.ports.reportTokens?.issue({ instance, generation, counter }) ?? '';
}

async function send(report: unknown, bearer: string, to = path): Promise<Reply> {
  return await server.send('POST', to, { token: bearer, body: report });
}

async function reports(): Promise<readonly AgentReport[]> {
  return await server.ports.store.reports(instance, 1000);
}

async function events(action: string): Promise<EventList['events']> {
  const reply = await server.local('GET', `/v1/audit?limit=1000&action=${action}`);
  return (reply.json as EventList).events;
}

it('each report takes a token and brings the next', async () => {
  let bearer = token(0);
  for (const durationMs of [1, 2, 3]) {
    const reply = await send(sampleReport(web01.id, { durationMs }), bearer);
    expect(reply.status).toBe(200);
    bearer = (reply.json as ReportReceipt).nextToken;
  }
  expect(bearer).toBe(token(3));
  expect((await reports()).map(({ durationMs }) => durationMs)).toEqual([3, 2, 1]);
  const { summary } = (await server.local('GET', `/v1/instances/${web01.id}`)).json as InstanceDetail;
  expect(summary.generation).toMatchObject({ newest: 1, applied: 1, pending: false });
  expect(await events('report-received')).toMatchObject(
    [1, 2, 3].map(() => ({ actor: `guest:${web01.id}`, instance: web01.id })),
  );
});

it('the same report again gets the same answer and is stored once', async () => {
  const report = sampleReport(web01.id);
  const first = await send(report, token(0));
  const again = await Promise.all(Array.from({ length: 5 }, () => send(report, token(0))));
  for (const reply of again) expect([reply.status, reply.json]).toEqual([200, first.json]);
  expect(await reports()).toHaveLength(1);
  expect(await events('report-token-misused')).toEqual([]);
});

it('of a hundred that use one token at once, one is stored', async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, durationMs) => send(sampleReport(web01.id, { durationMs }), token(0))),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(replies.filter(({ status }) => status === 401)).toHaveLength(49);
  expect(await reports()).toHaveLength(1);
});

it('a used token with another report is 401 and in the audit trail, which it cannot fill', async () => {
  await send(sampleReport(web01.id), token(0));
  await send(sampleReport(web01.id, { durationMs: 2 }), token(1));
  for (const counter of [0, 0, 1, 1, 1]) {
    const reply = await send(sampleReport(web01.id, { durationMs: 3 }), token(counter));
    expect(reply.status).toBe(401);
    expect(JSON.stringify(reply.json)).not.toContain(token(counter));
  }
  // That of the report before the last is used too: its answer cannot have been lost.
  expect((await send(sampleReport(web01.id), token(0))).status).toBe(401);
  expect(await reports()).toHaveLength(2);
  expect(await events('report-token-misused')).toHaveLength(3);
  const metrics = (await server.local('GET', '/metrics')).bytes.toString();
  expect(metrics).toContain('ubugi_reports_refused_total{reason="token"} 6');
  expect(metrics).toContain('ubugi_reports_total{origin="guest",outcome="applied"} 2');
  expect(server.logText()).not.toContain('ubugi-report.');
});

it('a newer generation begins anew, and the older drive’s token goes on being good for its own', async () => {
  await send(sampleReport(web01.id), token(0));
  await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
  expect((await send(sampleReport(web01.id, { generation: 2 }), token(0, 2))).status).toBe(200);
  expect((await send(sampleReport(web01.id), token(1))).status).toBe(200);
  expect((await send(sampleReport(web01.id, { generation: 2 }), token(2))).status).toBe(403);
  const refused = sampleReport(web01.id, { generation: 1, outcome: 'refused', reason: 'older' });
  expect((await send(refused, token(1, 2))).status).toBe(200);
});

it('is good for nothing else', async () => {
  const other = `/v1/instances/${web02.id}/reports`;
  expect((await send(sampleReport(web02.id), token(0), other)).status).toBe(403);
  const unknown = '/v1/instances/5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4aff/reports';
  expect((await send(sampleReport(web02.id), token(0), unknown)).status).toBe(403);
  expect((await send(sampleReport(web02.id), token(0))).status).toBe(400);
  expect((await send(sampleReport(web01.id, { origin: 'hypervisor' }), token(0))).json).toMatchObject({
    problems: [{ field: '/origin' }],
  });
  expect((await send(sampleReport(web01.id, { generation: 9 }), token(0, 9))).status).toBe(409);
  expect((await send({ ...sampleReport(web01.id), extra: 1 }, token(0))).json).toMatchObject({
    problems: [{ field: '/extra' }],
  });
  expect((await send(sampleReport(web01.id, { reason: 'x'.repeat(2 ** 18) }), token(0))).status).toBe(413);
  for (const read of [
    '/v1/instances',
    `/v1/instances/${web01.id}`,
    `/v1/instances/${web01.id}/drive`,
    '/metrics',
    '/v1/audit',
  ]) {
    expect([read, (await server.send('GET', read, { token: token(0) })).status]).toEqual([read, 403]);
  }
  expect(await reports()).toEqual([]);
  // None of it has used the token up.
  expect((await send(sampleReport(web01.id), token(0))).status).toBe(200);
  expect((await events('report-token-misused')).map(({ instance }) => instance)).toEqual([
    web01.id,
    web01.id,
  ]);
});

it('a token that another key made is none of this server', async () => {
  const forged = createReportTokens(Buffer.alloc(32)).issue({ instance, generation: 1, counter: 0 });
  const reply = await send(sampleReport(web01.id), forged);
  expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([
    401,
    expect.stringContaining('is not a token of this server'),
  ]);
  expect(await events('report-token-misused')).toEqual([]);
});

it('too many at a time are put off, of one instance alone', async () => {
  const hypervisor = await server.token('operator', 'somebody');
  const statuses = new Set<number>();
  for (let count = 0; count < 70; count++)
    statuses.add((await send(sampleReport(web01.id), hypervisor)).status);
  expect([...statuses]).toEqual([204, 429]);
  expect((await send(sampleReport(web02.id), hypervisor, `/v1/instances/${web02.id}/reports`)).status).toBe(
    204,
  );
  server.advance(10);
  expect((await send(sampleReport(web01.id), hypervisor)).status).toBe(204);
});

it('what failed in a guest has a line of its own in the audit trail', async () => {
  const failed = sampleReport(web01.id, {
    outcome: 'failed',
    resources: [
      { resource: 'sudoers', outcome: 'failed', durationMs: 1, changes: [], message: 'visudo: line 3' },
      { resource: 'keys', outcome: 'unchanged', durationMs: 1, changes: [] },
    ],
  });
  await send(failed, token(0));
  await send(sampleReport(web01.id, { outcome: 'refused', reason: 'it is too old' }), token(1));
  expect(await events('guest-failed')).toMatchObject([
    { reason: 'sudoers: visudo: line 3', details: { generation: 1, resources: ['sudoers'] } },
  ]);
  expect(await events('guest-refused')).toMatchObject([{ reason: 'it is too old' }]);
});
