import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event, EventList, Explanation } from '../../schemas/types/api.ts';
import { parseServerAddress } from '../../server/inventory/http-client/server-address.ts';
import { createKeystoneClient } from '../../server/keystone/keystone-client.ts';
import { type KeystoneServer, keystonePassword, startKeystone } from '../harness/nova/keystone-server.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';
import type { Reply } from './http-exchange.ts';

let server: ApiServer;
let keystone: KeystoneServer;
const path = '/v1/vendordata/nova';
const unknown = '00000000-0000-4000-8000-000000000009';

beforeEach(async () => {
  keystone = await startKeystone();
  keystone.give('gAAAA-of-nova');
  const client = createKeystoneClient(
    { clock: { now: () => new Date('2026-01-02T03:04:05Z') } },
    {
      address: parseServerAddress('keystone', keystone.url),
      ca: undefined,
      credential: { user: 'ubugi', userDomain: 'Default', password: keystonePassword, project: undefined },
      timeoutMs: 500,
      cacheMs: 0,
    },
  );
  server = await startApiServer([web01], {
    keystone: { keystone: client, roles: ['service'], project: 'service' },
  });
});
afterEach(async () => {
  await server.close();
  await keystone.stop();
});

/** As `nova/api/metadata/vendordata_dynamic.py` writes it. */
function novaBody(changes: object = {}): object {
  return {
    'project-id': 'f7ac731cc11f40efbc03a9f9e1d1d21f',
    'instance-id': web01.id,
    'image-id': 'ebbf1a6b-5a8b-4f2f-a9a5-2c0a5b1f7f53',
    'user-data': null,
    hostname: 'web-01',
    metadata: { role: 'web' },
    'boot-roles': 'reader,member',
    ...changes,
  };
}

async function ask(
  body: unknown = novaBody(),
  { token = 'gAAAA-of-nova', query = '' }: { readonly token?: string; readonly query?: string } = {},
): Promise<Reply> {
  return await server.send('POST', path + query, { body, headers: { 'X-Auth-Token': token } });
}

async function events(action: string): Promise<readonly Event[]> {
  const { json } = await server.local('GET', '/v1/audit?limit=1000');
  return (json as EventList).events.filter((event) => event.action === action);
}

describe('vendor-data for Nova', () => {
  it('is what starts the launcher from the drive, with facts, and the same bytes each of five times', async () => {
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask()));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(replies.map(({ bytes }) => bytes.toString())).size).toBe(1);
    expect(replies[0]?.json).toEqual({
      'cloud-init': expect.stringContaining(web01.id) as string,
      generation: 1,
      hostname: expect.any(String) as string,
      instance: expect.objectContaining({ id: web01.id, name: 'web-01' }) as object,
    });
  });

  it('is the cloud-config alone for a target named cloud-init', async () => {
    const whole = (await ask()).json as Record<string, unknown>;
    const { json, status } = await ask(novaBody(), { query: '?form=cloud-init' });
    expect([status, json]).toEqual([200, whole['cloud-init']]);
  });

  it('what Nova says is recorded once, and shown', async () => {
    for (let round = 0; round < 5; round += 1) await ask();
    await ask(novaBody({ hostname: 'changed-by-the-tenant' }));
    const seen = await events('nova-instance-seen');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      actor: 'keystone:nova',
      instance: web01.id,
      details: {
        project: 'f7ac731cc11f40efbc03a9f9e1d1d21f',
        image: 'ebbf1a6b-5a8b-4f2f-a9a5-2c0a5b1f7f53',
        hostname: 'web-01',
        bootRoles: ['reader', 'member'],
        metadata: { role: 'web' },
      },
    });
    const { json } = await server.local('GET', `/v1/instances/${web01.id}`);
    expect(json).toMatchObject({ nova: { hostname: 'web-01', bootRoles: ['reader', 'member'] } });
    const explained = async (section: string) =>
      ((await server.local('GET', `/v1/instances/${web01.id}/explain${section}`)).json as Explanation).nova;
    expect(await explained('')).toMatchObject({ project: 'f7ac731cc11f40efbc03a9f9e1d1d21f' });
    expect(await explained('?section=instance')).toEqual(await explained(''));
    expect(await explained('?section=sudo')).toBeUndefined();
  });

  it('of an instance that no sync has seen is looked up; the CMDB is read once', async () => {
    server.records = [web01, web02];
    let readings = 0;
    server.meanwhile = () => {
      readings += 1;
      return Promise.resolve();
    };
    for (let round = 0; round < 5; round += 1) {
      expect((await ask(novaBody({ 'instance-id': web02.id }))).json).toMatchObject({ generation: 1 });
    }
    expect(readings).toBe(1);
  });

  it('of an instance that is not in the CMDB is empty, with one event and one reading for all five', async () => {
    let readings = 0;
    server.meanwhile = () => {
      readings += 1;
      return Promise.resolve();
    };
    for (let round = 0; round < 5; round += 1) {
      const { status, json } = await ask(novaBody({ 'instance-id': unknown }));
      expect([status, json]).toEqual([200, {}]);
    }
    expect(await events('nova-instance-unknown')).toHaveLength(1);
    expect(readings).toBe(1);
    server.advance(6);
    await ask(novaBody({ 'instance-id': unknown }));
    expect(await events('nova-instance-unknown')).toHaveLength(1);
    server.advance(300);
    await ask(novaBody({ 'instance-id': unknown }));
    expect(await events('nova-instance-unknown')).toHaveLength(2);
  });

  it('of an instance that was removed from the CMDB is empty', async () => {
    server.records = [];
    await server.local('POST', '/v1/sync', { body: { overrideGuard: 'test' } });
    expect((await ask()).json).toEqual({});
  });

  it('is 503 while the CMDB cannot tell of an unknown instance', async () => {
    server.meanwhile = () => Promise.reject(new Error('down'));
    expect((await ask(novaBody({ 'instance-id': unknown }))).status).toBeGreaterThanOrEqual(500);
  });
});

describe('what a tenant writes never keeps its machine from its vendor-data', () => {
  it.each<[string, object]>([
    ['control characters', { hostname: 'a\nb\u001b[2J', metadata: { 'k\r': 'v\0' } }],
    [
      'a key that other places refuse',
      { metadata: JSON.parse('{"__proto__":"x","constructor":"y"}') as object },
    ],
    ['a lone surrogate', { metadata: { key: '\ud800' } }],
    ['other types', { hostname: 7, metadata: [1], 'boot-roles': null, 'user-data': {}, 'image-id': false }],
    [
      'thousands of members',
      { metadata: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 'v'])) },
    ],
    ['deep nesting', { metadata: { deep: JSON.parse('['.repeat(1000) + ']'.repeat(1000)) as unknown } }],
    ['large user-data', { 'user-data': 'QUFB'.repeat(22_000) }],
    ['members of a newer Nova', { 'instance-flavor': 'm1.small' }],
  ])('%s', async (_name, changes) => {
    const { status, json } = await ask(novaBody(changes));
    expect([status, json]).toEqual([200, expect.objectContaining({ generation: 1 })]);
    const [event] = await events('nova-instance-seen');
    expect(JSON.stringify(event)).not.toMatch(/\\n|\\u0000|\\u001b|\\r/);
    expect(JSON.stringify(event).length).toBeLessThan(64 * 1024);
  });

  it.each<[string, string | Buffer, number]>([
    ['no JSON', '{', 400],
    ['no object', '7', 400],
    ['no instance', '{}', 400],
    ['an instance that is no UUID', '{"instance-id":"../x"}', 400],
    ['no UTF-8', Buffer.from([0x7b, 0xff]), 400],
    ['too much', ' '.repeat(2 ** 20 + 1), 413],
  ])('%s is refused', async (_name, raw, status) => {
    const reply = await server.send('POST', path, { raw, headers: { 'X-Auth-Token': 'gAAAA-of-nova' } });
    expect(reply.status).toBe(status);
  });
});

describe('who may ask', () => {
  it('a token of Keystone that is unknown is 401, so that Nova renews it; others are 403', async () => {
    expect((await ask(novaBody(), { token: 'gAAAA-unknown' })).status).toBe(401);
    keystone.give('gAAAA-of-alice', { user: 'alice', roles: ['member'] });
    keystone.give('gAAAA-elsewhere', { project: 'demo' });
    const alice = await ask(novaBody(), { token: 'gAAAA-of-alice' });
    expect([alice.status, (alice.json as { detail: string }).detail]).toEqual([
      403,
      expect.stringMatching(/user alice has none of the roles service/),
    ]);
    expect((await ask(novaBody(), { token: 'gAAAA-elsewhere' })).status).toBe(403);
    keystone.fail({ kind: 'status', status: 500 });
    expect((await ask()).status).toBe(503);
  });

  it('a token of Keystone is good for nothing else', async () => {
    for (const other of ['/v1/instances', `/v1/instances/${web01.id}/drive`, '/metrics', '/v1/tokens']) {
      const reply = await server.send('GET', other, { headers: { 'X-Auth-Token': 'gAAAA-of-nova' } });
      expect([other, reply.status]).toEqual([other, 403]);
    }
  });

  it('tokens of ours count by their role, and are not taken for one of Keystone', async () => {
    const send = async (token: string) =>
      (await server.send('POST', path, { token, body: novaBody() })).status;
    expect(await send(await server.token('nova', 'nova'))).toBe(200);
    expect(await send(await server.token('operator', 'ops'))).toBe(200);
    expect(await send(await server.token('viewer', 'dashboard'))).toBe(403);
    expect(await send(await server.token('hypervisor', 'hv-01'))).toBe(403);
    expect((await server.send('POST', path, { body: novaBody() })).status).toBe(401);
    expect(keystone.requests).toEqual([]);
  });

  it('neither kind of token is logged', async () => {
    await ask();
    await ask(novaBody(), { token: 'gAAAA-unknown' });
    expect(server.logText()).not.toMatch(/gAAAA|correct horse/);
  });
});
