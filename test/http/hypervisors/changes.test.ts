import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostChanges } from '../../../schemas/types/api.ts';
import { samplePayload } from '../../drive/sample-generation.ts';
import { type ApiServer, startApiServer, web01, web02 } from '../api-server.ts';

let server: ApiServer;
let token: string;
beforeAll(async () => {
  server = await startApiServer();
  token = await server.token('hypervisor', 'hv-01');
});
afterAll(async () => {
  await server.close();
});

async function ask(query: string, host = 'hv-01'): Promise<HostChanges> {
  const path = `/v1/hypervisors/${host}/changes${query}`;
  const reply = await (host === 'hv-01' ? server.send('GET', path, { token }) : server.local('GET', path));
  expect(reply.status).toBe(200);
  return reply.json as HostChanges;
}

async function sync(records = server.records): Promise<void> {
  server.records = records;
  const reply = await server.local('POST', '/v1/sync', { body: { overrideGuard: 'a test' } });
  expect(reply.status).toBe(200);
}

describe('changes of a hypervisor', () => {
  it('without a cursor are all its instances and only those', async () => {
    const all = await ask('');
    expect(all).toMatchObject({ complete: true, payload: samplePayload.sha256 });
    expect(all.instances).toEqual([
      { instance: web01.id, name: 'web-01', state: 'placed', generation: 1, since: expect.any(String) },
    ]);
    expect((await ask('', 'hv-02')).instances).toMatchObject([{ instance: web02.id }]);
    expect((await ask('', 'hv-09')).instances).toEqual([]);
  });

  it('with a cursor are what changed since, and the same cursor where nothing did', async () => {
    const { cursor } = await ask('');
    expect(await ask(`?after=${cursor}`)).toEqual({
      cursor,
      complete: false,
      payload: samplePayload.sha256,
      instances: [],
    });
    await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
    const changed = await ask(`?after=${cursor}`);
    expect(changed).toMatchObject({
      complete: false,
      instances: [{ instance: web01.id, state: 'placed', generation: 2 }],
    });
    expect(changed.cursor).not.toBe(cursor);
    expect((await ask(`?after=${changed.cursor}`)).instances).toEqual([]);
  });

  it('tell both hosts of a move, and of a removal and a return', async () => {
    const first = await ask('');
    const second = await ask('', 'hv-02');
    await sync([{ ...web01, hypervisor: 'hv-02' }, web02]);
    const gone = await ask(`?after=${first.cursor}`);
    expect(gone.instances).toMatchObject([{ instance: web01.id, state: 'gone', generation: null }]);
    const came = await ask(`?after=${second.cursor}`, 'hv-02');
    expect(came.instances).toMatchObject([{ instance: web01.id, state: 'placed' }]);
    await sync([{ ...web01, hypervisor: 'hv-01' }]);
    const back = await ask(`?after=${gone.cursor}`);
    expect(back.instances).toMatchObject([{ instance: web01.id, state: 'placed' }]);
    expect((await ask(`?after=${came.cursor}`, 'hv-02')).instances).toMatchObject([
      { instance: web02.id, state: 'gone', generation: null },
      { instance: web01.id, state: 'gone', generation: null },
    ]);
    await sync([web01, web02]);
    expect((await ask(`?after=${came.cursor}`, 'hv-02')).instances).toMatchObject([
      { instance: web02.id, state: 'placed' },
      { instance: web01.id, state: 'gone' },
    ]);
  });

  it.each([
    ['garbage', 'garbage'],
    ['of another database', '0123456789abcdef-3'],
    ['of the future', 'future'],
    ['empty', ''],
    ['with numbers that are none', '0123456789abcdef-99999999999999999999'],
  ])('with a cursor that is %s are complete', async (_, cursor) => {
    const { cursor: now } = await ask('');
    const [epoch = ''] = now.split('-');
    const sent = cursor === 'future' ? `${epoch}-999999` : cursor;
    expect(await ask(`?after=${encodeURIComponent(sent)}&wait=300`)).toMatchObject({
      complete: true,
      cursor: now,
      instances: [{ instance: web01.id }],
    });
  });
});
