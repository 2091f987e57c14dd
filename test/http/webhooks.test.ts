import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventList } from '../../schemas/types/api.ts';
import { instanceId } from '../harness/inventory-file.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { Reply } from './http-exchange.ts';
import { signedWebhook } from './netbox-webhook.ts';

let server: ApiServer;
const path = '/v1/webhooks/netbox';

beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  await server.close();
});

async function send(webhook = signedWebhook()): Promise<Reply> {
  return await server.send('POST', path, webhook);
}

async function metric(outcome: string): Promise<number> {
  const { bytes } = await server.local('GET', '/metrics');
  const line = new RegExp(`^ubugi_webhooks_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(
    bytes.toString(),
  );
  return Number(line?.[1] ?? 0);
}

async function refusals(): Promise<EventList['events']> {
  const { json } = await server.local('GET', '/v1/audit?action=webhook-refused');
  return (json as EventList).events;
}

describe('a webhook of NetBox', () => {
  it('that it signed is taken once, and hints at its instance', async () => {
    const webhook = signedWebhook();
    const first = await send(webhook);
    expect([first.status, first.json]).toEqual([202, { outcome: 'accepted' }]);
    const again = await send(webhook);
    expect([again.status, again.json]).toEqual([200, { outcome: 'repeated' }]);
    expect(server.hints).toEqual([{ instance: instanceId(1) }]);
    expect([await metric('accepted'), await metric('repeated')]).toEqual([1, 1]);
  });

  it('needs no token, and none helps', async () => {
    const { raw } = signedWebhook();
    const token = await server.token('admin', 'root');
    const reply = await server.send('POST', path, { raw, token });
    expect([reply.status, reply.json]).toMatchObject([401, { code: 'unauthorized' }]);
    expect((await server.local('POST', path, { raw })).status).toBe(401);
    expect(server.hints).toEqual([]);
  });

  it.each([
    ['no signature', {}],
    ['an empty one', { 'X-Hook-Signature': '' }],
    ['one of another form', { 'X-Hook-Signature': `sha512=${'a'.repeat(128)}` }],
    ['one in capitals', { 'X-Hook-Signature': 'A'.repeat(128) }],
  ])('with %s is refused before its body is read', async (_, headers) => {
    const reply = await send({ raw: signedWebhook().raw, headers });
    expect([reply.status, reply.json]).toMatchObject([401, { code: 'unauthorized' }]);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="ubugi"');
    expect(await metric('not-signed')).toBe(1);
    expect(await refusals()).toEqual([]);
  });

  it('signed with another secret is refused, which the audit trail tells without being filled', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await send(signedWebhook({ secret: 'a guess of the secret' }))).status).toBe(401);
    }
    expect(await metric('wrong-signature')).toBe(20);
    expect(await refusals()).toMatchObject([{ actor: 'webhook:netbox', details: { refused: 1 } }]);
    server.advance(300);
    await send(signedWebhook({ secret: 'a guess of the secret' }));
    expect((await refusals()).map(({ details }) => details)).toEqual([{ refused: 1 }, { refused: 20 }]);
    expect(server.hints).toEqual([]);
  });

  it.each([
    ['out of its time', { timestamp: '2026-01-02T02:58:05Z' }, 409, 'conflict', 'out-of-time'],
    ['that is no webhook', { more: { event: 'ping' } }, 400, 'request-invalid', 'not-a-webhook'],
  ] as const)('%s is refused', async (_, webhook, status, code, outcome) => {
    const reply = await send(signedWebhook(webhook));
    expect([reply.status, reply.json]).toMatchObject([status, { code }]);
    expect(await metric(outcome)).toBe(1);
    expect(server.hints).toEqual([]);
  });

  it('of more than 1 MiB is refused, whether it says so or not', async () => {
    const webhook = signedWebhook({ more: { snapshots: 'x'.repeat(2 ** 20) } });
    expect((await send(webhook)).status).toBe(413);
    const chunked = { ...webhook.headers, 'Content-Length': '', 'Transfer-Encoding': 'chunked' };
    const { 'Content-Length': _, ...headers } = chunked;
    const { hostname, port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      const sending = request({ host: hostname, port, method: 'POST', path, headers, agent: false });
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.end(webhook.raw);
    });
    expect(status).toBe(413);
    expect(await metric('too-large')).toBe(2);
  });

  it('is one too many when bodies of too many are being read', async () => {
    const { hostname, port } = new URL(server.url);
    const slow = Array.from({ length: 64 }, () => {
      const sending = request({
        host: hostname,
        port,
        method: 'POST',
        path,
        headers: { ...signedWebhook().headers, 'Content-Length': '1000' },
        agent: false,
      });
      sending.on('error', () => {});
      sending.write('{');
      return sending;
    });
    await vi.waitFor(async () => {
      const reply = await send();
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '1']);
    });
    for (const sending of slow) sending.destroy();
    await vi.waitFor(async () => {
      expect((await send()).status).toBe(202);
    });
  });

  it('is not known where it is not configured, and a stranger is told nothing', async () => {
    const other = await startApiServer([], { webhooks: false });
    try {
      const signed = await other.send('POST', path, signedWebhook());
      expect([signed.status, signed.json]).toMatchObject([404, { code: 'not-found' }]);
      expect((await other.send('POST', path, { body: {} })).status).toBe(401);
      expect((await other.local('GET', '/metrics')).bytes.toString()).toContain(
        'ubugi_webhooks_total{outcome="not-configured"} 2',
      );
    } finally {
      await other.close();
    }
  });

  it('is never in a log, nor is its secret', async () => {
    const webhook = signedWebhook();
    await send(webhook);
    await send(signedWebhook({ secret: 'a guess of the secret' }));
    expect(server.logText()).not.toContain(webhook.headers['X-Hook-Signature']);
    expect(server.logText()).not.toContain('the secret of the webhook');
  });
});
