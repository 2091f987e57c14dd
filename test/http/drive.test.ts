import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Event, EventList } from '../../schemas/types/api.ts';
import { createApp } from '../../server/http/app.ts';
import { compositionOf } from '../domain/composition-of.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let operator: string;
let hypervisor: string;
const drive = `/v1/instances/${web01.id}/drive`;

beforeAll(async () => {
  server = await startApiServer();
  operator = await server.token('operator', 'ops');
  hypervisor = await server.token('hypervisor', 'hv-01');
});
afterAll(async () => {
  await server.close();
});

async function events(action: string): Promise<readonly Event[]> {
  const { json } = await server.local('GET', '/v1/audit?limit=1000');
  return (json as EventList).events.filter((event) => event.action === action);
}

describe('a drive', () => {
  it('comes whole, with the headers that name it', async () => {
    const { status, headers, bytes } = await server.send('GET', drive, { token: hypervisor });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-iso9660-image');
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(headers.get('etag')).toBe(`"${createHash('sha256').update(bytes).digest('hex')}"`);
    expect(headers.get('ubugi-instance')).toBe(web01.id);
    expect(headers.get('ubugi-generation')).toBe('1');
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(bytes.subarray(0x8001, 0x8006).toString()).toBe('CD001');
  });

  it('is described by HEAD without its bytes', async () => {
    const get = await server.send('GET', drive, { token: operator });
    const head = await server.send('HEAD', drive, { token: operator });
    expect(head.status).toBe(200);
    expect(head.bytes.length).toBe(0);
    for (const name of ['content-length', 'etag', 'ubugi-instance', 'ubugi-generation', 'content-type']) {
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    }
  });

  it.each(['GET', 'HEAD'])('is not sent again by %s to one who has it', async (method) => {
    const etag = (await server.send('GET', drive, { token: operator })).headers.get('etag') ?? '';
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await server.send(method, drive, {
        token: operator,
        headers: { 'If-None-Match': header },
      });
      expect([header, reply.status, reply.bytes.length]).toEqual([header, 304, 0]);
      expect(reply.headers.get('etag')).toBe(etag);
      expect(reply.headers.get('ubugi-generation')).toBe('1');
    }
    for (const header of ['"other"', etag.slice(1, -1), '']) {
      const reply = await server.send(method, drive, {
        token: operator,
        headers: { 'If-None-Match': header },
      });
      expect([header, reply.status]).toEqual([header, 200]);
    }
  });

  it('of a generation that is not there is 404, of a number that is none 400', async () => {
    expect((await server.send('GET', `${drive}?generation=99`, { token: operator })).status).toBe(404);
    for (const number of ['0', '-1', '1.5', '1e3', 'x', '', '2147483648', '1&generation=2']) {
      const reply = await server.send('GET', `${drive}?generation=${number}`, { token: operator });
      expect([number, reply.status]).toEqual([number, 400]);
    }
  });

  it('keeps no file open, whether it is taken or left in the middle', async () => {
    const { hostname, port } = new URL(server.url);
    for (let round = 0; round < 5; round += 1) {
      const asking = request({
        host: hostname,
        port,
        path: drive,
        agent: false,
        headers: { Authorization: `Bearer ${operator}` },
      });
      asking.end();
      const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream];
      response.on('error', () => {});
      asking.on('error', () => {});
      asking.destroy();
      await server.send('GET', drive, { token: operator });
    }
    await vi.waitFor(async () => {
      expect(await openDrives()).toEqual([]);
    });
  });
});

describe('a hypervisor', () => {
  it('is refused an instance that is placed on another, which the audit trail tells', async () => {
    const before = (await events('access-denied')).length;
    for (const path of ['', '/guest', '/drive']) {
      const reply = await server.send('GET', `/v1/instances/${web02.id}${path}`, { token: hypervisor });
      expect([path, reply.status]).toEqual([path, 403]);
    }
    const denied = (await events('access-denied')).slice(before);
    expect(denied).toHaveLength(3);
    expect(denied[0]).toMatchObject({
      actor: 'token:hv-01',
      instance: web02.id,
      details: { hypervisor: 'hv-01', placedOn: 'hv-02', method: 'GET' },
    });
  });

  it('learns nothing of instances of other hosts that share a name with its own', async () => {
    const twin = { ...web02, id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a03', name: 'web-01' };
    const shared = await startApiServer([web01, twin]);
    try {
      const token = await shared.token('hypervisor', 'hv-01');
      const reply = await shared.send('GET', '/v1/instances/web-01', { token });
      expect(reply.status).toBe(409);
      expect(reply.bytes.toString()).not.toContain(twin.id);
      const toAdmin = await shared.local('GET', '/v1/instances/web-01');
      expect(toAdmin.json).toMatchObject({ code: 'ambiguous-instance', candidates: [web01.id, twin.id] });
    } finally {
      await shared.close();
    }
  });

  it('gets its drive while the database is being written to', async () => {
    const elsewhere = await server.token('hypervisor', 'fresh-host', { hypervisor: 'hv-01' });
    // The clock moves on so that this request is one that notes the host.
    server.advance(3600);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writing = server.ports.store.transaction(async () => await held);
    const reply = await server.send('GET', drive, { token: elsewhere });
    release();
    await writing;
    expect(reply.status).toBe(200);
  });

  it('gets the newest generation also when that is committed while it asks', async () => {
    const { store } = server.ports;
    const app = createApp({
      ...server.ports,
      store: {
        ...store,
        async newestGeneration(id) {
          await server.ports.syncJob.run(
            { kind: 'regenerate-instance', id, request: { force: true } },
            'test',
          );
          return await store.newestGeneration(id);
        },
      },
    });
    const response = await app.request(
      drive,
      { headers: { Authorization: `Bearer ${hypervisor}` } },
      { local: false },
    );
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    expect(response.headers.get('ubugi-generation')).toBe('2');
  });

  it('gets no older generation, an operator does', async () => {
    const older = `${drive}?generation=1`;
    const refused = await server.send('GET', older, { token: hypervisor });
    expect(refused.status).toBe(403);
    const given = await server.send('GET', older, { token: operator });
    expect([given.status, given.headers.get('ubugi-generation')]).toEqual([200, '1']);
  });

  it('that the instance left is refused after the next sync, the new one is not', async () => {
    server.records = [{ ...web01, hypervisor: 'hv-02' }, web02];
    await server.local('POST', '/v1/sync');
    const other = await server.token('hypervisor', 'hv-02', { hypervisor: 'hv-02' });
    expect((await server.send('GET', drive, { token: hypervisor })).status).toBe(403);
    expect((await server.send('GET', drive, { token: other })).status).toBe(200);
    server.records = [web01, web02];
    await server.local('POST', '/v1/sync');
  });
});

it('a generation whose transaction has not ended is served to nobody', async () => {
  const { store } = server.ports;
  const newest = await store.newestGeneration(web02.id as Parameters<typeof store.newestGeneration>[0]);
  if (newest === undefined) throw new Error('web-02 has a generation');
  const path = `/v1/instances/${web02.id}/drive`;
  const rolledBack = store.transaction(async (transaction) => {
    const { number: _, guest, scripts, sources, ...header } = newest;
    const composition = compositionOf(guest, scripts, sources);
    await transaction.appendGenerations([{ ...header, contentSha256: 'f'.repeat(64), composition }]);
    const meanwhile = await server.send('GET', path, { token: operator });
    expect(meanwhile.headers.get('ubugi-generation')).toBe(String(newest.number));
    const asked = await server.send('GET', `${path}?generation=${newest.number + 1}`, { token: operator });
    expect(asked.status).toBe(404);
    throw new Error('the event could not be written');
  });
  await expect(rolledBack).rejects.toThrow('the event could not be written');
});

it('a removed instance has no current drive; an operator gets its generations by number', async () => {
  server.records = [web01];
  await server.local('POST', '/v1/sync', { body: { overrideGuard: 'test' } });
  const path = `/v1/instances/${web02.id}`;
  expect((await server.send('GET', `${path}/drive`, { token: operator })).status).toBe(404);
  const owner = await server.token('hypervisor', 'hv-02b', { hypervisor: 'hv-02' });
  expect((await server.send('GET', `${path}/drive?generation=1`, { token: owner })).status).toBe(404);
  expect((await server.send('GET', `${path}/drive?generation=1`, { token: operator })).status).toBe(200);
  const shown = await server.send('GET', path, { token: operator });
  expect(shown.json).toMatchObject({ summary: { removedAt: expect.any(String) as string } });
  expect((await server.send('POST', `${path}/regenerate`, { token: operator })).status).toBe(404);
});

/** Open descriptors of this process that are drives of this server. */
async function openDrives(): Promise<readonly string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(server.folder) && target.includes('/cache/'));
}
