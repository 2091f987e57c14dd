import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostChanges } from '../../../schemas/types/api.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from '../api-server.ts';

const unplaced = { ...web02 };
delete unplaced.hypervisor;

let server: ApiServer;
const tokens = new Map<string, string>();

async function start(claims: 'none' | 'unplaced' | 'any' = 'unplaced'): Promise<void> {
  server = await startApiServer([web01, unplaced], { placement: { claims } });
  for (const host of ['hv-01', 'hv-02', 'hv-03'])
    tokens.set(host, await server.token('hypervisor', host, { hypervisor: host }));
}
beforeEach(() => start());
afterEach(() => server.close());

async function fetchDrive(host: string, id: string, headers: Record<string, string> = {}): Promise<number> {
  const path = `/v1/instances/${id}/drive`;
  return (await server.send('HEAD', path, { token: tokens.get(host) ?? '', headers })).status;
}
const starting = (host: string, id: string) => fetchDrive(host, id, { 'Ubugi-Purpose': 'start' });
const running = (host: string, id: string) => fetchDrive(host, id, { 'Ubugi-Purpose': 'running' });

async function grant(id: string, body: object, host?: string) {
  const path = `/v1/instances/${id}/placements`;
  return host === undefined
    ? await server.local('POST', path, { body })
    : await server.send('POST', path, { body, token: tokens.get(host) ?? '' });
}

async function events(action: string): Promise<readonly unknown[]> {
  return (await server.ports.store.events({ action, limit: 100 })).map(({ actor, instance, details }) => ({
    actor,
    instance,
    details,
  }));
}

async function instancesOf(host: string): Promise<readonly string[]> {
  const reply = await server.local('GET', `/v1/hypervisors/${host}/changes`);
  return (reply.json as HostChanges).instances.map(({ instance }) => instance);
}

describe('a claim', () => {
  it('puts an instance that the CMDB places nowhere on the host that starts it', async () => {
    expect(await fetchDrive('hv-01', unplaced.id)).toBe(403);
    expect(await running('hv-01', unplaced.id)).toBe(403);
    expect(await starting('hv-01', unplaced.id)).toBe(200);
    expect(await fetchDrive('hv-01', unplaced.id)).toBe(200);
    expect(await instancesOf('hv-01')).toEqual([web01.id, unplaced.id].sort());
    expect(await events('placement-claimed')).toEqual([
      {
        actor: 'token:hv-01',
        instance: unplaced.id,
        details: { hypervisor: 'hv-01', from: null, named: null },
      },
    ]);
  });

  it('moves with the next start, and the host before gets nothing', async () => {
    await starting('hv-01', unplaced.id);
    expect(await starting('hv-02', unplaced.id)).toBe(200);
    expect(await fetchDrive('hv-01', unplaced.id)).toBe(403);
    expect(await instancesOf('hv-01')).toEqual([web01.id]);
  });

  it('ends when the CMDB names a host, and not when it says what it said', async () => {
    await starting('hv-01', unplaced.id);
    await server.local('POST', '/v1/sync', { body: { full: true } });
    await server.local('POST', `/v1/instances/${unplaced.id}/regenerate`, { body: { force: true } });
    expect(await fetchDrive('hv-01', unplaced.id)).toBe(200);
    server.records = [web01, { ...unplaced, hypervisor: 'hv-03' }];
    await server.local('POST', '/v1/sync');
    expect(await fetchDrive('hv-01', unplaced.id)).toBe(403);
    expect(await fetchDrive('hv-03', unplaced.id)).toBe(200);
    expect(await starting('hv-01', unplaced.id)).toBe(403);
  });

  it('of an instance that the CMDB places elsewhere is refused, with an event', async () => {
    expect(await starting('hv-02', web01.id)).toBe(403);
    expect(await events('access-denied')).toEqual([
      {
        actor: 'token:hv-02',
        instance: web01.id,
        details: { method: 'HEAD', hypervisor: 'hv-02', placedOn: 'hv-01' },
      },
    ]);
  });

  it('is not had by headers of a proxy', async () => {
    const forged = {
      'X-Forwarded-For': '192.0.2.1',
      Forwarded: 'for=hv-01',
      'X-Forwarded-Host': 'hv-01',
      'X-Real-IP': '192.0.2.1',
      'Ubugi-Purpose': 'start, running',
    };
    expect(await fetchDrive('hv-02', web01.id, forged)).toBe(403);
  });

  it('of a removed instance is refused', async () => {
    server.records = [web01];
    await server.local('POST', '/v1/sync', { body: { overrideGuard: 'a test' } });
    expect(await starting('hv-01', unplaced.id)).toBe(403);
  });

  it.each([
    ['none', 403, 403],
    ['any', 200, 200],
  ] as const)('with placement.claims %s', async (claims, ofUnplaced, ofPlaced) => {
    await server.close();
    await start(claims);
    expect(await starting('hv-02', unplaced.id)).toBe(ofUnplaced);
    expect(await starting('hv-02', web01.id)).toBe(ofPlaced);
  });

  it('by two hosts at once goes to one of them in the end', async () => {
    const hosts = ['hv-01', 'hv-02', 'hv-03'];
    await Promise.all(hosts.map((host) => starting(host, unplaced.id)));
    const statuses = await Promise.all(hosts.map((host) => fetchDrive(host, unplaced.id)));
    expect(statuses.toSorted((left, right) => left - right)).toEqual([200, 403, 403]);
  });
});

describe('a migration grant', () => {
  it('lets the target fetch while the source has the instance, until it is attached there', async () => {
    expect((await grant(web01.id, { host: 'hv-02', minutes: 5, reason: 'repair' })).json).toMatchObject({
      instance: web01.id,
      host: 'hv-02',
      from: 'hv-01',
      expiresAt: '2026-01-02T03:09:05.000Z',
    });
    expect(await starting('hv-02', web01.id)).toBe(200);
    expect(await fetchDrive('hv-01', web01.id)).toBe(200);
    const report = sampleReport(web01.id, { origin: 'hypervisor', outcome: 'attached' });
    const token = tokens.get('hv-02') ?? '';
    const sent = await server.send('POST', `/v1/instances/${web01.id}/reports`, { token, body: report });
    expect(sent.status).toBe(204);
    expect(await fetchDrive('hv-01', web01.id)).toBe(403);
    expect(await fetchDrive('hv-02', web01.id)).toBe(200);
    expect(await instancesOf('hv-02')).toEqual([web01.id]);
    expect(await events('placement-moved')).toEqual([
      {
        actor: 'token:hv-02',
        instance: web01.id,
        details: { hypervisor: 'hv-02', from: 'hv-01', named: 'hv-01' },
      },
    ]);
    // Used up: back again needs another one.
    expect(await running('hv-01', web01.id)).toBe(403);
  });

  it('ends with `Ubugi-Purpose: running` of the target, not of another host', async () => {
    await grant(web01.id, { host: 'hv-02', minutes: 5 });
    expect(await running('hv-03', web01.id)).toBe(403);
    expect(await running('hv-02', web01.id)).toBe(200);
    expect(await fetchDrive('hv-01', web01.id)).toBe(403);
  });

  it('expires', async () => {
    await grant(web01.id, { host: 'hv-02', minutes: 1 });
    server.advance(60);
    expect(await running('hv-02', web01.id)).toBe(403);
  });

  it('is given by the host that has the instance, and not passed on by the one that was granted', async () => {
    expect((await grant(web01.id, { host: 'hv-02', minutes: 5 }, 'hv-03')).status).toBe(403);
    expect((await grant(web01.id, { host: 'hv-02', minutes: 5 }, 'hv-01')).status).toBe(201);
    expect((await grant(web01.id, { host: 'hv-03', minutes: 5 }, 'hv-02')).status).toBe(403);
    expect(await events('placement-granted')).toEqual([
      {
        actor: 'token:hv-01',
        instance: web01.id,
        details: { hypervisor: 'hv-02', from: 'hv-01', expiresAt: '2026-01-02T03:09:05.000Z' },
      },
    ]);
  });

  it.each([
    [{ host: 'hv-01', minutes: 5 }, 409],
    [{ host: 'hv-02', minutes: 61 }, 400],
    [{ host: 'hv-02\nhv-03', minutes: 5 }, 400],
    [{ host: 'hv-02', minutes: 5, more: true }, 400],
  ])('%j is %i', async (body, status) => {
    expect((await grant(web01.id, body)).status).toBe(status);
  });
});

describe('a hypervisor that speaks for another one', () => {
  it('is refused with an event, for changes and heartbeats', async () => {
    const token = tokens.get('hv-01') ?? '';
    const heartbeat = {
      version: '1',
      adapter: 'qemu',
      machines: { known: 1, running: 1 },
      pending: 0,
      spooled: 0,
    };
    expect((await server.send('GET', '/v1/hypervisors/hv-02/changes', { token })).status).toBe(403);
    const beat = await server.send('POST', '/v1/hypervisors/hv-02/heartbeat', { token, body: heartbeat });
    expect(beat.status).toBe(403);
    expect(await events('access-denied')).toMatchObject([
      { actor: 'token:hv-01', details: { hypervisor: 'hv-01', host: 'hv-02' } },
      { actor: 'token:hv-01', details: { hypervisor: 'hv-01', host: 'hv-02' } },
    ]);
  });
});

describe('a heartbeat', () => {
  it('shows in list, detail and metrics, and becomes stale', async () => {
    const token = tokens.get('hv-01') ?? '';
    const body = {
      version: '1.2.3',
      adapter: 'libvirt',
      machines: { known: 3, running: 2 },
      pending: 1,
      spooled: 4,
      lastError: 'the disk is full',
    };
    const beat = await server.send('POST', '/v1/hypervisors/hv-01/heartbeat', { token, body });
    expect(beat.status).toBe(204);
    const show = async () => (await server.local('GET', '/v1/hypervisors/hv-01')).json;
    await expect.poll(show, { timeout: 10_000 }).toMatchObject({
      hypervisor: { host: 'hv-01', state: 'beating', heartbeatAt: '2026-01-02T03:04:05.000Z', instances: 1 },
      heartbeat: body,
      instances: [
        { id: web01.id, placedBy: 'cmdb', generation: { newest: 1, applied: null, pending: true } },
      ],
    });
    const metrics = async () => (await server.local('GET', '/metrics')).bytes.toString();
    expect(await metrics()).toContain('ubugi_hypervisors{state="beating"} 1');
    server.advance(301);
    expect(await show()).toMatchObject({ hypervisor: { state: 'stale' } });
    expect(await metrics()).toContain('ubugi_hypervisors{state="stale"} 1');
    await starting('hv-03', unplaced.id);
    expect((await server.local('GET', '/v1/hypervisors/hv-03')).json).toMatchObject({
      hypervisor: { state: 'silent' },
      heartbeat: null,
      instances: [{ id: unplaced.id, placedBy: 'claim' }],
    });
  });
});
