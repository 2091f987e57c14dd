import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventList, Problem } from '../../schemas/types/api.ts';
import { type ApiServer, startApiServer, web01 } from './api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await server.close();
});

const tokenBody = '{"name":"x","role":"viewer"}';

describe('a body', () => {
  it.each([
    ['no JSON', '{"name":', 400],
    ['nothing', '', 400],
    ['two values', `${tokenBody}${tokenBody}`, 400],
    ['a key twice', '{"name":"x","role":"viewer","role":"admin"}', 400],
    ['a key twice by escapes', '{"name":"x","role":"viewer","r\\u006fle":"admin"}', 400],
    ['__proto__', '{"name":"x","role":"viewer","__proto__":{"role":"admin"}}', 400],
    ['an unknown key', '{"name":"x","role":"viewer","constructor":1}', 400],
    ['another type', '[]', 400],
    ['null', 'null', 400],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['a number that a double cannot hold', '{"name":9007199254740993,"role":"viewer"}', 400],
    ['half a surrogate pair', '{"name":"\\ud800","role":"viewer"}', 400],
    ['a byte order mark twice', `\ufeff\ufeff${tokenBody}`, 400],
    ['a newline in a name', '{"name":"x\\ny","role":"viewer"}', 400],
    ['a role that is none', '{"name":"x","role":"root"}', 400],
    ['more than a mebibyte', `"${'x'.repeat(2 ** 20)}"`, 413],
  ])('with %s is refused', async (_, raw, status) => {
    const reply = await server.local('POST', '/v1/tokens', { raw });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect((reply.json as Problem).detail).not.toBe('');
    expect((await server.ports.store.tokens()).map(({ name }) => name)).not.toContain('x');
  });

  it('that is no UTF-8 is refused', async () => {
    const raw = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xff]),
      Buffer.from('","role":"viewer"}'),
    ]);
    expect((await server.local('POST', '/v1/tokens', { raw })).status).toBe(400);
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip'])('compressed by %s is 415', async (encoding) => {
    const reply = await server.local('POST', '/v1/tokens', {
      raw: gzipSync(tokenBody),
      headers: { 'Content-Encoding': encoding },
    });
    expect([reply.status, reply.headers.get('accept-encoding')]).toEqual([415, 'identity']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/xml'])(
    'of media type %s is 415',
    async (type) => {
      const reply = await server.local('POST', '/v1/tokens', {
        raw: tokenBody,
        headers: { 'Content-Type': type },
      });
      expect([reply.status, reply.headers.get('accept')]).toEqual([415, 'application/json']);
    },
  );

  it('that never ends is cut off at the limit, whatever it says of its length', async () => {
    const { hostname, port } = new URL(server.url);
    const token = await server.token('admin', 'endless');
    const asking = request({
      host: hostname,
      port,
      method: 'POST',
      path: '/v1/tokens',
      agent: false,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
    const status = new Promise<number | undefined>((resolve, reject) => {
      asking.on('response', (response) => {
        resolve(response.statusCode);
        asking.destroy();
      });
      asking.on('error', reject);
    });
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const send = (): void => {
      if (!asking.destroyed) asking.write(chunk, send);
    };
    send();
    expect(await status).toBe(413);
  });

  it('names every wrong field', async () => {
    const { json } = await server.local('POST', '/v1/tokens', { body: { role: 'root', more: 1 } });
    const { problems } = json as Problem;
    expect(problems?.map(({ field }) => field).sort()).toEqual(['', '/more', '/role']);
    for (const problem of problems ?? [])
      expect(problem).toMatchObject({ source: 'request', record: 'body' });
  });
});

describe('a query', () => {
  it.each([
    '/v1/instances?limit=1001',
    '/v1/instances?limit=1&limit=2',
    '/v1/instances?LIMIT=1',
    '/v1/instances?after=x',
    '/v1/instances?removed=yes',
    '/v1/instances?name=',
    '/v1/instances?name=%00',
    "/v1/instances?name='%20OR%201=1",
    '/v1/instances?name=[a-z]',
    '/v1/instances?__proto__=1',
    '/v1/instances?constructor=1',
    '/v1/audit?since=yesterday',
    '/v1/audit?since=2026-02-30T00:00:00Z',
    '/v1/audit?since=2026-01-02T03:04:05%2B09:00',
    '/v1/audit?after=-1',
    '/v1/audit?after=9007199254740993',
    `/v1/audit?instance=${'x'.repeat(256)}`,
    '/v1/instances/web-01/explain?section=passwords',
    '/v1/instances/web-01/diff?from=0',
    '/v1/sync/runs?limit=101',
    '/healthz?verbose=1',
  ])('%s is 400 and names the parameter', async (path) => {
    const { status, json } = await server.local('GET', path);
    expect(status).toBe(400);
    expect((json as Problem).problems?.[0]).toMatchObject({ record: 'query' });
  });

  it('takes a leap second', async () => {
    expect((await server.local('GET', '/v1/audit?since=2016-12-31T23:59:60Z')).status).toBe(200);
  });
});

describe('a path', () => {
  it.each(['%00', '%zz', '..%2f..', 'a%2fb', '%ff', '*', 'x'.repeat(5000), '__proto__'])(
    'with the instance %s is 404',
    async (name) => {
      for (const resource of ['', '/drive', '/timeline']) {
        expect((await server.local('GET', `/v1/instances/${name}${resource}`)).status).toBe(404);
      }
    },
  );
});

describe('lists come page by page', () => {
  it('the audit trail: pages join to the whole, filters hold', async () => {
    for (let number = 0; number < 3; number += 1) {
      await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
    }
    const whole = (await server.local('GET', '/v1/audit?limit=1000')).json as EventList;
    expect(whole.next).toBeNull();
    const joined: unknown[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const reply = await server.local('GET', `/v1/audit?limit=2&after=${after}`);
      const page = reply.json as EventList;
      expect(page.events.length).toBeLessThanOrEqual(2);
      joined.push(...page.events);
      after = page.next;
    }
    expect(joined).toEqual(whole.events);
    const own = (await server.local('GET', `/v1/audit?limit=1000&instance=web-01`)).json as EventList;
    expect(own.events).toEqual(whole.events.filter(({ instance }) => instance === web01.id));
    server.advance(60);
    const none = await server.local('GET', `/v1/audit?since=${server.now().toISOString()}`);
    expect(none.json).toEqual({ events: [], next: null });
  });

  it('instances, in order of UUID', async () => {
    const first = (await server.local('GET', '/v1/instances?limit=1')).json as {
      instances: { name: string }[];
      next: string;
    };
    expect(first.instances.map(({ name }) => name)).toEqual(['web-01']);
    const second = await server.local('GET', `/v1/instances?limit=1&after=${first.next}`);
    expect(second.json).toMatchObject({ instances: [{ name: 'web-02' }], next: null });
  });
});
