import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, Role } from '../../schemas/types/api.ts';
import { rolesWith } from '../../server/http/principal.ts';
import type { Route } from '../../server/http/route.ts';
import { allRoutes } from '../../server/http/routes/all-routes.ts';
import { type ApiServer, startApiServer, web01 } from './api-server.ts';

let server: ApiServer;
let routes: readonly Route[];
const tokens = new Map<Role, string>();
const roles: readonly Role[] = ['viewer', 'operator', 'admin', 'hypervisor', 'nova'];

beforeAll(async () => {
  server = await startApiServer();
  routes = allRoutes(server.ports);
  for (const role of roles) tokens.set(role, await server.token(role, `a-${role}`));
});
afterAll(async () => {
  await server.close();
});

const absent = '00000000-0000-4000-8000-000000000000';

function pathOf({ path }: Route): string {
  return path
    .replace('{id}', web01.id)
    .replace('{host}', 'hv-01')
    .replace('{run}', absent)
    .replace('{rollout}', absent)
    .replace('{token}', absent);
}

describe('without a token', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
  const strange = [
    '/',
    '/v1',
    '/nope',
    '/v1/instances/',
    '//healthz',
    '/%2e%2e/healthz',
    '/v1/instances/%zz',
  ];

  it('every method of every path, known or not, is answered 401 and nothing else', async () => {
    for (const path of [...new Set(routes.map(pathOf)), ...strange]) {
      for (const method of methods) {
        const { status, headers, json } = await server.send(method, path);
        expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 401`);
        expect(headers.get('www-authenticate')).toBe('Bearer realm="ubugi"');
        expect(headers.get('content-type')).toBe('application/problem+json');
        if (method !== 'HEAD') expect(json).toMatchObject({ code: 'unauthorized', status: 401 });
      }
    }
  });

  it.each([
    ['another scheme', 'Basic dXNlcjpwYXNzd29yZA=='],
    ['no scheme', `ubugi_${'a'.repeat(43)}`],
    ['an unknown secret', `Bearer ubugi_${'a'.repeat(43)}`],
    ['a secret that is too long', `Bearer ubugi_${'a'.repeat(44)}`],
    ['an empty one', 'Bearer '],
    ['nothing', ''],
  ])('%s is 401', async (_, authorization) => {
    const reply = await server.send('GET', '/healthz', { headers: { Authorization: authorization } });
    expect(reply.status).toBe(401);
    expect(reply.json).toMatchObject({ code: 'unauthorized' });
  });

  it('headers of a proxy change nothing', async () => {
    const forged = {
      'X-Forwarded-For': '127.0.0.1',
      'X-Real-IP': '127.0.0.1',
      Forwarded: 'for=127.0.0.1',
      'X-Forwarded-User': 'admin',
      'X-HTTP-Method-Override': 'DELETE',
    };
    expect((await server.send('GET', '/v1/instances', { headers: forged })).status).toBe(401);
    const asViewer = await server.send('POST', '/v1/sync', {
      token: tokens.get('viewer') ?? '',
      headers: forged,
    });
    expect(asViewer.status).toBe(403);
  });

  it('a wrong token on the local socket is 401 too', async () => {
    const headers = { Authorization: `Bearer ubugi_${'b'.repeat(43)}` };
    expect((await server.local('GET', '/healthz', { headers })).status).toBe(401);
  });
});

describe('roles', () => {
  it('every route lets in the roles that it names and refuses the others with 403', async () => {
    for (const route of routes.filter(({ access }) => access.minimum !== 'signature')) {
      const allowed = rolesWith(route.access);
      for (const role of roles) {
        const { status, json } = await server.send(route.method, pathOf(route), {
          token: tokens.get(role) ?? '',
          // Passes authorisation and fails after it, so that nothing changes.
          ...(route.body === undefined ? {} : { body: { unknown: true } }),
        });
        const outcome = `${role}: ${route.method} ${route.path} ${status === 403 ? 'refused' : 'let in'}`;
        expect(outcome).toBe(
          `${role}: ${route.method} ${route.path} ${allowed.includes(role) ? 'let in' : 'refused'}`,
        );
        expect(status).toBeLessThan(500);
        if (status === 403) expect((json as Problem).code).toBe('forbidden');
      }
    }
  });

  it('are those of the documented matrix', () => {
    const matrix = routes.map(
      ({ method, path, access }) =>
        `${method} ${path}: ${access.minimum}${access.hypervisor === 'no' ? '' : `, hypervisor ${access.hypervisor}`}`,
    );
    expect(matrix.sort()).toMatchInlineSnapshot(`
      [
        "DELETE /v1/instances/{id}/replay-boot: operator",
        "DELETE /v1/tokens/{token}: admin",
        "GET /healthz: viewer, hypervisor yes",
        "GET /metrics: viewer, hypervisor yes",
        "GET /openapi.json: viewer, hypervisor yes",
        "GET /readyz: viewer, hypervisor yes",
        "GET /v1/audit: viewer",
        "GET /v1/export: admin",
        "GET /v1/hypervisors/{host}/changes: operator, hypervisor own",
        "GET /v1/hypervisors/{host}: viewer",
        "GET /v1/hypervisors: viewer",
        "GET /v1/instances/{id}/diff: viewer",
        "GET /v1/instances/{id}/drive: operator, hypervisor own",
        "GET /v1/instances/{id}/explain: viewer",
        "GET /v1/instances/{id}/generations: viewer",
        "GET /v1/instances/{id}/guest: viewer, hypervisor own",
        "GET /v1/instances/{id}/timeline: viewer",
        "GET /v1/instances/{id}: viewer, hypervisor own",
        "GET /v1/instances: viewer",
        "GET /v1/rollouts/{rollout}/instances: viewer",
        "GET /v1/rollouts/{rollout}: viewer",
        "GET /v1/rollouts: viewer",
        "GET /v1/sync/runs/{run}/progress: viewer",
        "GET /v1/sync/runs/{run}: viewer",
        "GET /v1/sync/runs: viewer",
        "GET /v1/tokens: admin",
        "GET /v1/trusted-signers: viewer, hypervisor yes",
        "POST /v1/hypervisors/{host}/credential: hypervisor, hypervisor own",
        "POST /v1/hypervisors/{host}/heartbeat: operator, hypervisor own",
        "POST /v1/hypervisors/{host}/join: join",
        "POST /v1/import: admin",
        "POST /v1/instances/{id}/drive: operator, hypervisor own",
        "POST /v1/instances/{id}/placements: operator, hypervisor own",
        "POST /v1/instances/{id}/regenerate: operator",
        "POST /v1/instances/{id}/replay-boot: operator",
        "POST /v1/instances/{id}/reports: operator, hypervisor own",
        "POST /v1/policy/trial: operator",
        "POST /v1/regenerate: operator",
        "POST /v1/replay-boot: operator",
        "POST /v1/rollouts/{rollout}/cancel: operator",
        "POST /v1/rollouts/{rollout}/resume: operator",
        "POST /v1/rollouts/{rollout}/rollback: operator",
        "POST /v1/sync: operator",
        "POST /v1/tokens: admin",
        "POST /v1/vendordata/nova: operator",
        "POST /v1/webhooks/netbox: signature",
      ]
    `);
  });
});

describe('with a token', () => {
  it('a path that is not there is 404, a method that is not taken is 405 with Allow', async () => {
    const token = tokens.get('admin') ?? '';
    const missing = await server.send('GET', '/v1/nope', { token });
    expect(missing.status).toBe(404);
    expect(missing.json).toMatchObject({ code: 'not-found', status: 404 });
    for (const path of new Set(routes.map(pathOf))) {
      const { status, headers, json } = await server.send('PUT', path, { token });
      expect(`${path} ${status}`).toBe(`${path} 405`);
      const allow = headers.get('allow')?.split(', ') ?? [];
      const taken = routes.filter((route) => pathOf(route) === path).map(({ method }) => method);
      expect(allow.filter((method) => method !== 'HEAD').sort()).toEqual([...taken].sort());
      expect((json as Problem).status).toBe(405);
    }
  });

  it('HEAD is answered as GET, without a body', async () => {
    const token = tokens.get('viewer') ?? '';
    for (const path of ['/healthz', '/v1/instances', '/openapi.json', '/v1/nope']) {
      const get = await server.send('GET', path, { token });
      const head = await server.send('HEAD', path, { token });
      expect([head.status, head.headers.get('content-type'), head.bytes.length]).toEqual([
        get.status,
        get.headers.get('content-type'),
        0,
      ]);
    }
  });

  it('every answer forbids sniffing and storing', async () => {
    for (const path of ['/healthz', '/v1/instances', '/v1/nope']) {
      const { headers } = await server.local('GET', path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});
