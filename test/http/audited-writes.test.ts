import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TokenCreated } from '../../schemas/types/api.ts';
import { AppError } from '../../server/domain/errors.ts';
import { type App, createApp } from '../../server/http/app.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let unaudited: App;

/** The same server, but with a database that fails at every event. */
beforeAll(async () => {
  server = await startApiServer();
  const { store } = server.ports;
  const fail = () => Promise.reject(new AppError('storage-failed', 'the disk is full; make room'));
  unaudited = createApp({
    ...server.ports,
    store: {
      ...store,
      transaction: (work) =>
        store.transaction((transaction) =>
          work({
            ...transaction,
            appendEvent: fail,
            appendEvents: fail,
          }),
        ),
    },
  });
});
afterAll(async () => {
  await server.close();
});

async function send(method: string, path: string, body?: object, headers = {}): Promise<number> {
  const response = await unaudited.request(
    path,
    {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    { local: true },
  );
  return response.status;
}

it('what cannot be written to the audit trail does not happen', async () => {
  const { store } = server.ports;
  const made = await server.local('POST', '/v1/tokens', { body: { name: 'kept', role: 'viewer' } });
  const { token } = made.json as TokenCreated;
  const before = await server.local('GET', `/v1/instances/${web01.id}`);

  expect(await send('POST', '/v1/tokens', { name: 'new', role: 'admin' })).toBe(503);
  expect(await send('DELETE', `/v1/tokens/${token.id}`)).toBe(503);
  expect(await send('POST', `/v1/instances/${web01.id}/reports`, sampleReport(web01.id))).toBe(503);

  expect((await store.tokens()).map(({ name, revokedAt }) => [name, revokedAt])).toEqual([['kept', null]]);
  const after = await server.local('GET', `/v1/instances/${web01.id}`);
  expect(after.json).toEqual(before.json);
});

it('a hypervisor stays refused where its attempt cannot be noted', async () => {
  const token = await server.token('hypervisor', 'hv-01');
  const headers = { Authorization: `Bearer ${token}` };
  const status = await send('GET', `/v1/instances/${web02.id}/drive`, undefined, headers);
  expect(status).toBe(503);
});
