import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostChanges } from '../../../schemas/types/api.ts';
import { type ApiServer, startApiServer, web01, web02 } from '../api-server.ts';
import type { Reply } from '../http-exchange.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer([web01, web02], { waitingPolls: 6, stallMs: 200 });
});
afterEach(() => server.close());

async function cursorOf(host: string): Promise<string> {
  return ((await server.local('GET', `/v1/hypervisors/${host}/changes`)).json as HostChanges).cursor;
}

function wait(host: string, cursor: string, seconds = 300): Promise<Reply> {
  return server.local('GET', `/v1/hypervisors/${host}/changes?after=${cursor}&wait=${seconds}`);
}

async function untilWaiting(count: number): Promise<void> {
  await expect.poll(() => server.ports.feed.waiting()).toBe(count);
}

async function regenerate(id: string): Promise<void> {
  await server.local('POST', `/v1/instances/${id}/regenerate`, { body: { force: true } });
}

describe('a host that waits for changes', () => {
  it('is told as soon as there is one, and others go on waiting', async () => {
    const cursor = await cursorOf('hv-01');
    const first = wait('hv-01', cursor);
    const other = wait('hv-02', cursor);
    await untilWaiting(2);
    expect((await server.local('GET', '/metrics')).bytes.toString()).toContain('ubugi_waiting_polls 2');
    await regenerate(web01.id);
    expect((await first).json).toMatchObject({ instances: [{ instance: web01.id, generation: 2 }] });
    expect(server.ports.feed.waiting()).toBe(1);
    await regenerate(web02.id);
    const { json } = await other;
    expect(json).toMatchObject({ complete: false, instances: [{ instance: web02.id, generation: 2 }] });
  });

  it('waits longer than a connection may stall, and is told nothing in the end', async () => {
    const cursor = await cursorOf('hv-01');
    const { status, json } = await wait('hv-01', cursor, 1);
    expect(status).toBe(200);
    expect(json).toMatchObject({ cursor, complete: false, instances: [] });
  });

  it('is answered at once by a server that stops', async () => {
    const cursor = await cursorOf('hv-01');
    const waits = [wait('hv-01', cursor), wait('hv-02', cursor)];
    await untilWaiting(2);
    await server.stopListening();
    for (const { status, json } of await Promise.all(waits)) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ cursor, instances: [] });
    }
  });

  it('is forgotten when it goes away', async () => {
    const cursor = await cursorOf('hv-01');
    const path = `/v1/hypervisors/hv-01/changes?after=${cursor}&wait=300`;
    const asking = request({ socketPath: server.socket, path });
    asking.on('error', () => undefined);
    asking.end();
    await untilWaiting(1);
    asking.destroy();
    await untilWaiting(0);
    expect((await wait('hv-01', cursor, 0)).status).toBe(200);
  });

  it('is refused where too many wait, of one host or at all', async () => {
    const cursor = await cursorOf('hv-01');
    const waits = Array.from({ length: 4 }, () => wait('hv-01', cursor));
    await untilWaiting(4);
    const refused = await wait('hv-01', cursor);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    waits.push(wait('hv-02', cursor), wait('hv-02', cursor));
    await untilWaiting(6);
    expect((await wait('hv-03', cursor)).status).toBe(429);
    await regenerate(web01.id);
    await regenerate(web02.id);
    for (const { status } of await Promise.all(waits)) expect(status).toBe(200);
  });

  it('is told everything anew after a backup was put back while it waited', async () => {
    await regenerate(web01.id);
    const cursor = await cursorOf('hv-01');
    const waiting = wait('hv-01', cursor);
    await untilWaiting(1);
    const { feed, store } = server.ports;
    // What a restored backup looks like to the feed: a number that is less than before.
    const head = await store.feedHead();
    const real = store.feedHead.bind(store);
    let older = true;
    Object.assign(store, {
      feedHead: async () => (older ? { ...(await real()), change: 1 } : await real()),
    });
    await expect.poll(() => feed.waiting()).toBe(0);
    older = false;
    expect((await waiting).json).toMatchObject({ cursor, instances: [] });
    expect((await real()).epoch).not.toBe(head.epoch);
  });
});
