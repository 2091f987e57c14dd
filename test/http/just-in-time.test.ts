import { afterEach, describe, expect, it } from 'vitest';
import type { EventList } from '../../schemas/types/api.ts';
import { AppError } from '../../server/domain/errors.ts';
import { createInstanceLookup } from '../../server/http/instances/instance-lookup.ts';
import { createMetrics } from '../../server/http/metrics.ts';
import type { StoredInstance } from '../../server/store/store.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';

const servers: ApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const fresh = { ...web01, id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a07', name: 'web-07' };
const drive = `/v1/instances/${fresh.id}/drive`;

/** A server whose CMDB lists one more instance than the last sync has seen. */
async function withFresh(options: Parameters<typeof startApiServer>[1] = {}): Promise<ApiServer> {
  const server = await startApiServer([web01, web02], options);
  servers.push(server);
  server.records = [web01, web02, fresh];
  return server;
}

async function lookups(server: ApiServer): Promise<Record<string, number>> {
  const text = (await server.local('GET', '/metrics')).bytes.toString();
  const lines = text.matchAll(/^ubugi_instance_lookup_seconds_count\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
}

async function events(server: ApiServer, action: string): Promise<EventList['events']> {
  return ((await server.local('GET', `/v1/audit?action=${action}`)).json as EventList).events;
}

describe('a VM that boots before any sync has seen it', () => {
  it.each([fresh.id, fresh.id.toUpperCase(), fresh.name])(
    'is dressed when it is asked for as %s',
    async (name) => {
      const server = await withFresh();
      const token = await server.token('hypervisor', 'hv-01');
      const reply = await server.send('GET', `/v1/instances/${name}/drive`, { token });
      expect(reply.status).toBe(200);
      expect(reply.headers.get('ubugi-instance')).toBe(fresh.id);
      expect(reply.headers.get('ubugi-generation')).toBe('1');
      expect(await lookups(server)).toEqual({ found: 1 });
      expect(await events(server, 'instance-discovered')).toMatchObject([
        {},
        {},
        { actor: 'token:hv-01', instance: fresh.id },
      ]);
      const again = await server.send('GET', drive, { token });
      expect(again.headers.get('etag')).toBe(reply.headers.get('etag'));
      expect(await lookups(server)).toEqual({ found: 1 });
    },
  );

  it('is dressed once, however many ask at the same time', async () => {
    const server = await withFresh();
    const token = await server.token('hypervisor', 'hv-01');
    const replies = await Promise.all(Array.from({ length: 20 }, () => server.send('GET', drive, { token })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ headers }) => headers.get('etag'))).size).toBe(1);
    const { json } = await server.local('GET', `/v1/instances/${fresh.id}/generations`);
    expect(json).toMatchObject({ generations: [{ number: 1 }] });
  });

  it('gets nothing from a hypervisor that it is not placed on, which the audit trail tells', async () => {
    const server = await withFresh();
    const token = await server.token('hypervisor', 'hv-02', { hypervisor: 'hv-02' });
    expect((await server.send('GET', drive, { token })).status).toBe(403);
    expect(await events(server, 'access-denied')).toMatchObject([
      { actor: 'token:hv-02', instance: fresh.id, details: { placedOn: 'hv-01' } },
    ]);
  });

  it('is looked up for operators too, for viewers never, and by no other route', async () => {
    const server = await withFresh();
    const viewer = await server.token('viewer', 'eve');
    expect((await server.send('GET', drive, { token: viewer })).status).toBe(403);
    for (const path of ['', '/guest', '/generations', '/diff', '/explain', '/timeline']) {
      expect((await server.local('GET', `/v1/instances/${fresh.id}${path}`)).status).toBe(404);
    }
    expect((await server.local('GET', `${drive}?generation=1`)).status).toBe(404);
    expect(await lookups(server)).toEqual({});
    const operator = await server.token('operator', 'ops');
    expect((await server.send('HEAD', drive, { token: operator })).status).toBe(200);
    expect(await lookups(server)).toEqual({ found: 1 });
  });

  it('is unknown where the CMDB does not have it either', async () => {
    const server = await withFresh();
    server.records = [web01, web02];
    const token = await server.token('hypervisor', 'hv-01');
    const reply = await server.send('GET', drive, { token });
    expect([reply.status, reply.json]).toMatchObject([404, { code: 'not-found' }]);
    expect(await lookups(server)).toEqual({ absent: 1 });
  });

  it('is not looked up by what no instance can be called', async () => {
    const server = await withFresh();
    for (const name of ['*', '%2e%2e%2fx', 'a%00b', 'a%0ab', '%28uid=%2a%29', 'x'.repeat(300)]) {
      expect([name, (await server.local('GET', `/v1/instances/${name}/drive`)).status]).toEqual([name, 404]);
    }
    expect(await lookups(server)).toEqual({});
  });

  it('that was removed and has come back is dressed anew', async () => {
    const server = await withFresh();
    await server.local('POST', '/v1/sync');
    server.records = [web01, web02];
    await server.local('POST', '/v1/sync', { body: { overrideGuard: 'it is gone' } });
    const token = await server.token('hypervisor', 'hv-01');
    const gone = await server.send('GET', drive, { token });
    expect([gone.status, gone.json]).toMatchObject([404, { detail: expect.stringContaining('was removed') }]);
    server.records = [web01, web02, fresh];
    server.advance(60);
    expect((await server.send('GET', drive, { token })).status).toBe(200);
  });

  it('waits for a CMDB no longer than configured, and the answer says why', async () => {
    const server = await withFresh({ lookupMs: 50 });
    server.meanwhile = () => new Promise(() => {});
    const token = await server.token('hypervisor', 'hv-01');
    const reply = await server.send('GET', drive, { token });
    expect([reply.status, reply.json]).toMatchObject([
      503,
      { code: 'inventory-unavailable', detail: expect.stringContaining(fresh.id) },
    ]);
    expect(await lookups(server)).toEqual({ failed: 1 });
  });

  it.each([
    ['inventory-unavailable', 'cmdb answered 502'],
    ['directory-unavailable', 'ldap does not answer'],
  ] as const)('is 503 on %s', async (code, message) => {
    const server = await withFresh();
    server.meanwhile = () => Promise.reject(new AppError(code, message));
    const reply = await server.local('GET', drive);
    expect([reply.status, reply.json]).toMatchObject([
      503,
      { code, detail: expect.stringContaining(message) },
    ]);
  });

  it('is not looked up where that is turned off', async () => {
    const server = await withFresh({ lookupMs: 0 });
    expect((await server.local('GET', drive)).status).toBe(404);
    expect(await lookups(server)).toEqual({});
  });
});

describe('look-ups', () => {
  it('are few at a time; those that do not get their turn in time fail and are not made', async () => {
    const asked: string[] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lookup = createInstanceLookup(
      {
        metrics: createMetrics(),
        syncJob: {
          discover: async (reference) => {
            asked.push(reference);
            await held;
            return { id: reference } as unknown as StoredInstance;
          },
        },
      },
      { deadlineMs: 40, concurrency: 2 },
    );
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => lookup.find(name, 'test')));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    expect(asked).toEqual(['a', 'b']);
    release();
    await held;
    expect(await lookup.find('e', 'test')).toEqual({ id: 'e' });
    expect(asked).toEqual(['a', 'b', 'e']);
  });
});
