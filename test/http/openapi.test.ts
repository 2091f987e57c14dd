import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rollout, SyncRun, SyncRunList, TokenList } from '../../schemas/types/api.ts';
import { rolesWith } from '../../server/http/principal.ts';
import type { Route } from '../../server/http/route.ts';
import { allRoutes } from '../../server/http/routes/all-routes.ts';
import { novaFiles, novaImage } from '../harness/nova/nova-drive.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from './api-server.ts';
import { signedWebhook } from './netbox-webhook.ts';
import { createOpenApiContract, type OpenApiDocument } from './openapi-contract.ts';

let server: ApiServer;
let routes: readonly Route[];
let document: OpenApiDocument;

beforeAll(async () => {
  server = await startApiServer();
  routes = allRoutes(server.ports);
  document = (await server.local('GET', '/openapi.json')).json as OpenApiDocument;
});
afterAll(async () => {
  await server.close();
});

it('is OpenAPI 3.1 and describes every route, its parameters, its body and its roles, and no other', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Ubugi', version: '1' },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  });
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  const names = routes.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const route of routes) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    const parameters = (where: string) =>
      (operation?.parameters ?? []).filter((parameter) => parameter.in === where).map(({ name }) => name);
    expect(parameters('query')).toEqual(Object.keys(route.query));
    expect(parameters('path').map((name) => `{${name}}`)).toEqual(route.path.match(/\{\w+\}/g) ?? []);
    expect(operation?.requestBody?.required).toBe(
      route.accepts === undefined ? (route.body === undefined ? undefined : !route.body.optional) : true,
    );
    expect(parameters('header')).toEqual(Object.keys(route.requestHeaders ?? {}));
    for (const role of rolesWith(route.access)) expect(operation?.description).toContain(role);
    if (route.access.minimum === 'signature') expect(operation).toMatchObject({ security: [] });
    for (const status of [400, 401, 403]) expect(operation?.responses).toHaveProperty([status]);
  }
});

it('refers to nothing that is not there', () => {
  const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g) ?? [];
  expect(references.length).toBeGreaterThan(50);
  for (const reference of new Set(references)) {
    const name = /^"\$ref":"#\/components\/schemas\/([\w.-]+)"$/.exec(reference)?.[1];
    expect(document.components.schemas).toHaveProperty([name ?? reference]);
  }
});

it('says what a real run of the server answers', async () => {
  const contract = createOpenApiContract(document);
  const seen = new Set<string>();
  const broken: string[] = [];
  const call = async (
    method: string,
    path: string,
    status: number,
    body?: unknown,
    raw?: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const sending = {
      headers,
      ...(body === undefined ? {} : { body }),
      ...(raw === undefined ? {} : { raw }),
    };
    const reply = await server.local(method, path, sending);
    expect([method, path, reply.status]).toEqual([method, path, status]);
    broken.push(...contract.check(method, path, reply));
    seen.add(`${method} ${path.split('?')[0] ?? ''}`);
    return reply;
  };
  const one = `/v1/instances/${web01.id}`;
  const report = sampleReport(web01.id);
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/v1/trusted-signers']) {
    await call('GET', path, 200);
  }
  await call('POST', `${one}/reports`, 204, report);
  await call('POST', `${one}/reports`, 409, { ...report, generation: 9 });
  await call('POST', `${one}/reports`, 400, { ...report, instance: web02.id });
  server.records = [{ ...web01, tags: ['changed'], hypervisor: 'hv-09' }, web02];
  await call('POST', '/v1/sync', 200);
  await call('POST', '/v1/sync', 200, { dryRun: true });
  await call('POST', '/v1/regenerate', 200, { all: true, dryRun: true, force: true });
  const policy = { files: [{ name: 'policy.yaml', content: '{}' }] };
  await call('POST', '/v1/policy/trial', 200, policy);
  await call('POST', '/v1/policy/trial', 400, { files: [] });
  const webhook = signedWebhook();
  for (const status of [202, 200])
    await call('POST', '/v1/webhooks/netbox', status, undefined, webhook.raw, webhook.headers);
  await call('POST', '/v1/webhooks/netbox', 401, {});
  await call('POST', '/v1/regenerate', 404, { instances: ['nobody'] });
  await call('POST', '/v1/regenerate', 400, {});
  await call('POST', `${one}/regenerate`, 200, { force: true, reason: 'test' });
  for (const path of ['', '/guest', '/generations', '/diff', '/explain', '/timeline', '/drive']) {
    await call('GET', one + path, 200);
    await call('GET', `/v1/instances/nobody${path}`, 404);
    await call('GET', `${one + path}?unknown=1`, 400);
  }
  const drive = await novaImage(novaFiles(web01.id));
  const image = { 'Content-Type': 'application/x-iso9660-image' };
  await call('POST', `${one}/drive`, 200, undefined, drive, image);
  await call('POST', `${one}/drive`, 400, { files: [] });
  await call('POST', `${one}/drive`, 415, undefined, drive, { 'Content-Type': 'text/plain' });
  await call('POST', '/v1/vendordata/nova', 200, { 'instance-id': web01.id });
  await call('POST', '/v1/vendordata/nova?form=cloud-init', 200, { 'instance-id': web01.id });
  await call('POST', '/v1/vendordata/nova', 400, {});
  await call('GET', `${one}/diff?from=1&to=2`, 200);
  await call('GET', `${one}/explain?section=sudo&generation=1`, 200);
  await call('GET', '/v1/instances?limit=1&tag=ch*', 200);
  await call('GET', '/v1/instances?limit=0', 400);
  await call('GET', '/v1/audit?limit=1000', 200);
  await call('GET', '/v1/audit?action=sync-succeeded&actor=local&until=2030-01-01T00:00:00Z', 200);
  await call('GET', '/v1/audit?actor=%20', 400);
  await call('GET', '/v1/hypervisors', 200);
  await call('GET', '/v1/hypervisors/hv-09', 200);
  await call('GET', '/v1/hypervisors/nowhere', 404);
  await call('GET', '/v1/hypervisors/hv-09/changes?wait=0', 200);
  await call('GET', '/v1/hypervisors/hv-09/changes?wait=301', 400);
  const machines = { known: 1, running: 1 };
  const beat = { version: '1.0.0', adapter: 'libvirt', machines, pending: 0, spooled: 0 };
  await call('POST', '/v1/hypervisors/hv-09/heartbeat', 204, beat);
  await call('POST', '/v1/hypervisors/hv-09/heartbeat', 400, { ...beat, adapter: 'xen' });
  await call('POST', `${one}/placements`, 201, { host: 'hv-08', minutes: 5, reason: 'test' });
  await call('POST', `${one}/placements`, 409, { host: 'hv-09', minutes: 5 });
  await call('POST', `${one}/placements`, 400, { host: 'hv-08' });
  const runs = (await call('GET', '/v1/sync/runs?limit=5', 200)).json as SyncRunList;
  await call('GET', `/v1/sync/runs/${runs.runs[0]?.id ?? ''}`, 200);
  await call('GET', '/v1/sync/runs/none', 404);
  const regenerated = await call('POST', '/v1/regenerate', 200, { instances: [web01.id], force: true });
  const made = (regenerated.json as SyncRun).id;
  const followed = `/v1/sync/runs/${made}/progress`;
  await call('GET', `${followed}?limit=10`, 200);
  await call('GET', `${followed}?state=failed`, 200);
  await call('GET', '/v1/sync/runs/none/progress', 404);
  await call('POST', '/v1/regenerate', 404, { instances: [web01.id], to: 99 });
  await call('POST', '/v1/regenerate', 400, { all: true, to: 1, canary: 1 });
  const began = await call('POST', '/v1/regenerate', 202, { all: true, canary: 1, haltAfter: '10%' });
  const { id: rollout } = began.json as Rollout;
  await call('POST', '/v1/regenerate', 409, { all: true, batch: 1 });
  await call('GET', '/v1/instances?held=true&pending=true&failed=false', 200);
  await call('GET', one, 200);
  await call('GET', `${one}/explain`, 200);
  await call('GET', '/v1/rollouts?limit=5', 200);
  await call('GET', `/v1/rollouts/${rollout}`, 200);
  await call('GET', `/v1/rollouts/${rollout}/instances?state=waiting&limit=1`, 200);
  await call('POST', `/v1/rollouts/${rollout}/resume`, 409, { reason: 'it stands' });
  await call('POST', `/v1/rollouts/${rollout}/rollback`, 200);
  await call('POST', `/v1/rollouts/${rollout}/cancel`, 409);
  await call('GET', '/v1/rollouts/none', 404);
  await call('POST', '/v1/tokens', 201, { name: 'one', role: 'viewer' });
  await call('POST', '/v1/tokens', 409, { name: 'one', role: 'viewer' });
  await call('POST', '/v1/tokens', 400, { name: 'two', role: 'hypervisor' });
  const { tokens } = (await call('GET', '/v1/tokens', 200)).json as TokenList;
  await call('DELETE', `/v1/tokens/${tokens[0]?.id ?? ''}`, 204);
  await call('DELETE', '/v1/tokens/none', 404);
  await call('POST', `${one}/replay-boot`, 200, { dryRun: true });
  await call('POST', `${one}/replay-boot`, 409, { generation: 99 });
  await call('POST', '/v1/replay-boot', 200, { where: { name: 'web-01' } });
  await call('DELETE', `${one}/replay-boot`, 200);
  await call('DELETE', `${one}/replay-boot`, 409);
  const exported = await call('GET', '/v1/export', 200);
  const upload = Buffer.concat([Buffer.from('{"dryRun":true}\n'), exported.bytes]);
  const bytes = { 'Content-Type': 'application/octet-stream' };
  await call('POST', '/v1/import', 200, undefined, upload, bytes);
  await call('POST', '/v1/import', 400, undefined, Buffer.from('{}\nhello'), bytes);
  const started = await call('POST', '/v1/sync', 202, {}, undefined, { Prefer: 'respond-async' });
  await call('GET', started.headers.get('location') ?? '', 200);
  await call('POST', '/v1/tokens', 413, undefined, ' '.repeat(2 ** 20 + 1));
  expect(broken).toEqual([]);
  const called = [...seen].map((line) =>
    line
      .replace(web01.id, '{id}')
      .replace(runs.runs[0]?.id ?? '', '{run}')
      .replace(made, '{run}')
      .replace(rollout, '{rollout}'),
  );
  const literal = routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((line) => !/\{(token|host)\}/.test(line));
  expect(called).toEqual(expect.arrayContaining(literal));
});
