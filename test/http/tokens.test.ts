import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventList, TokenCreated, TokenList } from '../../schemas/types/api.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await server.close();
});

async function create(body: object): Promise<TokenCreated> {
  const reply = await server.local('POST', '/v1/tokens', { body });
  expect(reply.status).toBe(201);
  return reply.json as TokenCreated;
}

async function statusWith(token: string): Promise<number> {
  return (await server.send('GET', '/healthz', { token })).status;
}

describe('a token', () => {
  it('works until it is revoked, and stays listed', async () => {
    const { token, secret } = await create({ name: 'revoked', role: 'viewer' });
    expect(secret).toMatch(/^ubugi_[A-Za-z0-9_-]{43}$/);
    expect(await statusWith(secret)).toBe(200);
    for (let time = 0; time < 2; time += 1) {
      expect((await server.local('DELETE', `/v1/tokens/${token.id}`)).status).toBe(204);
    }
    const refused = await server.send('GET', '/healthz', { token: secret });
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ detail: expect.stringContaining('revoked was revoked') as string });
    const { tokens } = (await server.local('GET', '/v1/tokens')).json as TokenList;
    expect(tokens.find(({ id }) => id === token.id)?.revokedAt).toBe(server.now().toISOString());
  });

  it('works until the second it expires at', async () => {
    const expiresAt = new Date(server.now().getTime() + 60_000).toISOString();
    const { secret } = await create({ name: 'expiring', role: 'viewer', expiresAt });
    server.advance(59);
    expect(await statusWith(secret)).toBe(200);
    server.advance(1);
    expect(await statusWith(secret)).toBe(401);
  });

  it.each([
    ['a time that has passed', { role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' }],
    ['a hypervisor without its host', { role: 'hypervisor' }],
    ['a host for another role', { role: 'admin', hypervisor: 'hv-01' }],
  ])('is not made with %s', async (_, body) => {
    const reply = await server.local('POST', '/v1/tokens', { body: { name: 'wrong', ...body } });
    expect(reply.status).toBe(400);
  });

  it('has a name of its own while it is in force', async () => {
    const { token } = await create({ name: 'deploy', role: 'operator' });
    expect(
      (await server.local('POST', '/v1/tokens', { body: { name: 'deploy', role: 'admin' } })).status,
    ).toBe(409);
    await server.local('DELETE', `/v1/tokens/${token.id}`);
    await create({ name: 'deploy', role: 'viewer' });
  });

  it('of one name is made once by many at the same time', async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () =>
        server.local('POST', '/v1/tokens', { body: { name: 'at-once', role: 'viewer' } }),
      ),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
  });

  it('is on the disk as a hash only, and its secret is nowhere else', async () => {
    const { secret } = await create({ name: 'secret', role: 'admin' });
    await server.send('GET', '/v1/tokens', { token: secret });
    await server.send('GET', '/v1/nope', { token: secret });
    await server.send('GET', '/healthz', { token: `${secret.slice(0, -1)}_` });
    const hash = createHash('sha256').update(secret).digest('hex');
    const files = await Promise.all(
      ['ubugi.db', 'ubugi.db-wal'].map((name) => readFile(join(server.folder, name), 'latin1')),
    );
    expect(files.join('')).toContain(hash);
    const lists = await Promise.all(
      ['/v1/tokens', '/v1/audit?limit=1000', '/metrics'].map(async (path) =>
        (await server.local('GET', path)).bytes.toString(),
      ),
    );
    expect(server.logText()).toContain('token:secret');
    for (const text of [...files, server.logText(), ...lists])
      expect(text).not.toContain(secret.slice(6, 40));
    for (const text of [server.logText(), ...lists]) expect(text).not.toContain(hash);
  });

  it('is told in the audit trail by who made and who revoked it', async () => {
    const admin = await create({ name: 'chief', role: 'admin' });
    const made = await server.send('POST', '/v1/tokens', {
      token: admin.secret,
      body: { name: 'audited', role: 'hypervisor', hypervisor: 'hv-01' },
    });
    const { token } = made.json as TokenCreated;
    await server.send('DELETE', `/v1/tokens/${token.id}`, { token: admin.secret });
    await server.send('DELETE', `/v1/tokens/${token.id}`, { token: admin.secret });
    const { events } = (await server.local('GET', '/v1/audit?limit=1000')).json as EventList;
    const own = events.filter(({ reason }) => reason.includes('audited'));
    expect(own.map(({ action, actor }) => [action, actor])).toEqual([
      ['token-created', 'token:chief'],
      ['token-revoked', 'token:chief'],
    ]);
  });
});
