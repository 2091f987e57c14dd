import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventList, HypervisorCredential, TokenCreated, TokenList } from '../../schemas/types/api.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { Reply } from './http-exchange.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await server.close();
});

let drawn = 0;
function newSecret(): string {
  drawn += 1;
  return `ubugi_${createHash('sha256').update(String(drawn)).digest('base64url')}`;
}

function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

async function joinToken(name: string, host = 'hv-01', minutes = 60): Promise<string> {
  const expiresAt = new Date(server.now().getTime() + minutes * 60_000).toISOString();
  const body = { name, role: 'join', hypervisor: host, expiresAt };
  const reply = await server.local('POST', '/v1/tokens', { body });
  expect(reply.status).toBe(201);
  return (reply.json as TokenCreated).secret;
}

const join = (token: string, secret: string, host = 'hv-01'): Promise<Reply> =>
  server.send('POST', `/v1/hypervisors/${host}/join`, { token, body: { secretSha256: sha256(secret) } });

const rotate = (token: string, secret: string, host = 'hv-01'): Promise<Reply> =>
  server.send('POST', `/v1/hypervisors/${host}/credential`, {
    token,
    body: { secretSha256: sha256(secret) },
  });

async function works(token: string): Promise<boolean> {
  return (await server.send('GET', '/healthz', { token })).status === 200;
}

async function events(action: string): Promise<EventList['events']> {
  return ((await server.local('GET', `/v1/audit?action=${action}`)).json as EventList).events;
}

async function joined(name: string): Promise<string> {
  const secret = newSecret();
  expect((await join(await joinToken(name), secret)).status).toBe(200);
  return secret;
}

describe('a host that joins', () => {
  it('has a credential of its own, whose secret never crossed, for thirty days', async () => {
    const token = await joinToken('first');
    const secret = newSecret();

    const reply = await join(token, secret);

    expect(reply.status).toBe(200);
    const credential = reply.json as HypervisorCredential;
    expect(credential).toMatchObject({ name: 'first', host: 'hv-01' });
    const life = Date.parse(credential.expiresAt ?? '') - Date.parse(credential.issuedAt);
    expect(life).toBe(30 * 86_400_000);
    expect(await works(secret)).toBe(true);
    expect(await events('host-joined')).toMatchObject([{ actor: 'token:first', details: { host: 'hv-01' } }]);
  });

  it('gets the same answer when it sends the same hash again, even after the token has expired', async () => {
    const token = await joinToken('again', 'hv-01', 1);
    const secret = newSecret();
    const first = await join(token, secret);
    server.advance(120);
    const second = await join(token, secret);
    expect(second).toMatchObject({ status: 200, json: first.json });
  });

  it('is one of a hundred that tried at once with the same token', async () => {
    const token = await joinToken('at-once');
    const secrets = Array.from({ length: 100 }, newSecret);
    const statuses = (await Promise.all(secrets.map((secret) => join(token, secret)))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(99);
    const good = await Promise.all(secrets.map(works));
    expect(good.filter(Boolean)).toHaveLength(1);
    expect(good.indexOf(true)).toBe(statuses.indexOf(200));
  });

  it.each<[string, () => Promise<Reply>, string]>([
    [
      'used',
      async () => {
        const token = await joinToken('used');
        await join(token, newSecret());
        return join(token, newSecret());
      },
      'was used before',
    ],
    [
      'expired',
      async () => {
        const token = await joinToken('expired', 'hv-01', 1);
        server.advance(60);
        return join(token, newSecret());
      },
      'has expired',
    ],
    [
      'revoked',
      async () => {
        const token = await joinToken('revoked');
        const { tokens } = (await server.local('GET', '/v1/tokens')).json as TokenList;
        await server.local('DELETE', `/v1/tokens/${tokens.find(({ name }) => name === 'revoked')?.id}`);
        return join(token, newSecret());
      },
      'was revoked',
    ],
    [
      'elsewhere',
      async () => join(await joinToken('elsewhere', 'hv-02'), newSecret()),
      'is for another host',
    ],
  ])('is refused with a token %s, which the audit trail tells', async (name, attempt, why) => {
    const reply = await attempt();
    expect(reply).toMatchObject({ status: 401, json: { detail: expect.stringContaining(why) as string } });
    expect(await events(`join-refused&actor=token:${name}`)).toMatchObject([
      { reason: expect.stringContaining(why) as string },
    ]);
  });

  it('can do nothing else with the join token', async () => {
    const token = await joinToken('narrow');
    for (const path of ['/healthz', '/v1/instances', '/v1/instances/web-01/drive']) {
      expect((await server.send('GET', path, { token })).status).toBe(403);
    }
    expect((await rotate(token, newSecret())).status).toBe(403);
  });

  it('does not take over a secret that is known already', async () => {
    const token = await joinToken('thief');
    expect((await join(token, token)).status).toBe(409);
    expect((await join(token, await server.token('admin', 'somebody'))).status).toBe(409);
  });
});

describe('a credential', () => {
  it('is replaced by the next one as soon as that is used', async () => {
    const [first, second] = [await joined('rotated'), newSecret()];
    const reply = await rotate(first, second);
    expect(reply.status).toBe(200);
    expect(await works(first)).toBe(true);

    expect(await works(second)).toBe(true);

    await expect.poll(() => works(first)).toBe(false);
    expect(await works(second)).toBe(true);
    expect(await events('credential-rotated')).toMatchObject([{ actor: 'token:rotated' }]);
  });

  it('ends ten minutes after the next one was announced, used or not', async () => {
    const [first, second] = [await joined('overlap'), newSecret()];
    await rotate(first, second);
    server.advance(599);
    expect(await works(first)).toBe(true);
    server.advance(1);
    expect(await works(first)).toBe(false);
    expect(await works(second)).toBe(true);
  });

  it('gets the same answer for the same announcement, by either of the two', async () => {
    const [first, second] = [await joined('lost-answer'), newSecret()];
    const answer = await rotate(first, second);
    server.advance(60);
    expect(await rotate(first, second)).toMatchObject({ status: 200, json: answer.json });
    expect(await rotate(second, second)).toMatchObject({ status: 200, json: answer.json });
  });

  it('has at most one announced successor', async () => {
    const [first, lost, second] = [await joined('lost-secret'), newSecret(), newSecret()];
    await rotate(first, lost);
    expect((await rotate(first, second)).status).toBe(200);
    expect(await works(lost)).toBe(false);
    expect(await works(second)).toBe(true);
    expect((await rotate(second, lost)).status).toBe(409);
  });

  it('made by hand can be replaced as well', async () => {
    const second = newSecret();
    const byHand = await server.token('hypervisor', 'by-hand', { hypervisor: 'hv-01' });
    expect((await rotate(byHand, second)).status).toBe(200);
    expect(await works(second)).toBe(true);
  });

  it('is for its own host only', async () => {
    const [mine, next] = [await joined('own'), newSecret()];
    expect((await rotate(mine, next, 'hv-02')).status).toBe(403);
    expect(await works(next)).toBe(false);
    expect(await events('access-denied')).toMatchObject([{ actor: 'token:own', details: { host: 'hv-02' } }]);
  });
});

it('no secret of all this is in the log', () => {
  expect(server.logText()).not.toMatch(/ubugi_[A-Za-z0-9_-]{43}/);
});
