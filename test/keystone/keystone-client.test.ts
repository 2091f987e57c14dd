import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseServerAddress } from '../../server/inventory/http-client/server-address.ts';
import type { Keystone } from '../../server/keystone/keystone.ts';
import { createKeystoneClient } from '../../server/keystone/keystone-client.ts';
import {
  type KeystoneFault,
  type KeystoneServer,
  keystonePassword,
  startKeystone,
} from '../harness/nova/keystone-server.ts';

let server: KeystoneServer;
let keystone: Keystone;
let now: Date;

function client(
  changes: { readonly password?: string; readonly cacheMs?: number; readonly project?: string } = {},
) {
  return createKeystoneClient(
    { clock: { now: () => now } },
    {
      address: parseServerAddress('keystone', server.url),
      ca: undefined,
      credential: {
        user: 'ubugi',
        userDomain: 'Default',
        password: changes.password ?? keystonePassword,
        project: changes.project === undefined ? undefined : { name: changes.project, domain: 'Default' },
      },
      timeoutMs: 500,
      cacheMs: changes.cacheMs ?? 300_000,
    },
  );
}

beforeEach(async () => {
  server = await startKeystone();
  now = new Date('2026-01-02T03:04:05Z');
  keystone = client();
  server.give('gAAAA-of-nova');
});
afterEach(async () => {
  keystone.close();
  await server.stop();
});

const asks = () => server.requests.filter((line) => line.startsWith('GET'));

describe('a token of Keystone', () => {
  it('that is good says whose it is; our own account logs in once, for the system', async () => {
    expect(await keystone.caller('gAAAA-of-nova')).toEqual({
      user: { id: 'id-of-nova', name: 'nova' },
      project: { id: 'id-of-service', name: 'service' },
      roles: ['service'],
      expiresAt: new Date('2099-01-01T00:00:00Z'),
    });
    expect(server.requests).toEqual(['POST /v3/auth/tokens 201', 'GET /v3/auth/tokens?nocatalog 200']);
    expect(server.logins).toMatchObject([
      {
        auth: {
          identity: { password: { user: { name: 'ubugi', domain: { name: 'Default' } } } },
          scope: { system: { all: true } },
        },
      },
    ]);
  });

  it('is asked about with a token for the project that is configured', async () => {
    const other = client({ project: 'service' });
    await other.caller('gAAAA-of-nova');
    other.close();
    expect(server.logins).toMatchObject([
      { auth: { scope: { project: { name: 'service', domain: { name: 'Default' } } } } },
    ]);
  });

  it('is remembered for five minutes at most, and not beyond its end', async () => {
    server.give('gAAAA-short', { expiresAt: '2026-01-02T03:05:05.000000Z' });
    for (const token of ['gAAAA-of-nova', 'gAAAA-short']) {
      await keystone.caller(token);
      await keystone.caller(token);
    }
    expect(asks()).toHaveLength(2);
    now = new Date('2026-01-02T03:05:06Z');
    expect(await keystone.caller('gAAAA-short')).toBeUndefined();
    await keystone.caller('gAAAA-of-nova');
    expect(asks()).toHaveLength(3);
    now = new Date('2026-01-02T03:09:06Z');
    await keystone.caller('gAAAA-of-nova');
    expect(asks()).toHaveLength(4);
  });

  it('that a thousand come with at once is asked about once', async () => {
    const callers = await Promise.all(Array.from({ length: 1000 }, () => keystone.caller('gAAAA-of-nova')));
    expect(callers.every((caller) => caller?.user.name === 'nova')).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('that is not known, has expired, or is no token is nobody’s', async () => {
    expect(await keystone.caller('gAAAA-guessed')).toBeUndefined();
    expect(await keystone.caller('gAAAA-guessed')).toBeUndefined();
    expect(asks()).toHaveLength(1);
    server.give('gAAAA-old', { expiresAt: '2026-01-01T00:00:00.000000Z' });
    expect(await keystone.caller('gAAAA-old')).toBeUndefined();
    for (const text of ['', 'short', 'with blank in it', 'a\u00e9bcdefghi', 'x'.repeat(4097)]) {
      expect(await keystone.caller(text)).toBeUndefined();
    }
    expect(asks()).toHaveLength(2);
  });

  it('beyond what may wait is refused, so that guessing costs Keystone little', async () => {
    server.fail({ kind: 'hang' }, 'POST');
    const guesses = Array.from({ length: 200 }, (_, index) => keystone.caller(`gAAAA-guess-${index}`));
    const outcomes = await Promise.allSettled(guesses);
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : '',
    );
    expect(codes.filter((code) => code === 'too-many-requests')).toHaveLength(200 - 64);
  });
});

describe('our own token', () => {
  it('is renewed once when Keystone does not take it any more, whoever else waits', async () => {
    await keystone.caller('gAAAA-of-nova');
    server.revokeLogins();
    server.give('gAAAA-one');
    server.give('gAAAA-two');
    const found = await Promise.all([keystone.caller('gAAAA-one'), keystone.caller('gAAAA-two')]);
    expect(found.map((caller) => caller?.user.name)).toEqual(['nova', 'nova']);
    expect(server.requests.filter((line) => line.startsWith('POST'))).toHaveLength(2);
  });

  it('that is refused again is not renewed for ever', async () => {
    server.fail({ kind: 'status', status: 401 });
    await expect(keystone.caller('gAAAA-of-nova')).rejects.toMatchObject({ code: 'identity-unavailable' });
    expect(server.requests).toHaveLength(4);
  });
});

describe('Keystone that cannot tell', () => {
  it.each<[string, KeystoneFault, RegExp]>([
    ['500', { kind: 'status', status: 500 }, /answered 500/],
    ['403', { kind: 'status', status: 403 }, /does not let our account look at tokens \(403\)/],
    ['a redirect', { kind: 'status', status: 302, headers: { Location: '/elsewhere' } }, /answered 302/],
    ['no answer', { kind: 'hang' }, /did not answer completely within 0\.5 s/],
    ['a cut answer', { kind: 'cut' }, /broke off/],
    ['no JSON', { kind: 'body', body: '<html>' }, /not one of the identity API/],
    ['no token in it', { kind: 'body', body: '{"token":{}}' }, /not one of the identity API/],
    ['keys twice', { kind: 'body', body: '{"token":{},"token":{}}' }, /not one of the identity API/],
    ['too much', { kind: 'body', body: ' '.repeat(2 ** 20 + 1) }, /more than 1048576 bytes/],
  ])('%s: says so, and asks again the next time', async (_name, fault, reason) => {
    server.fail(fault);
    const failing = keystone.caller('gAAAA-of-nova');
    await expect(failing).rejects.toMatchObject({
      code: 'identity-unavailable',
      message: expect.stringMatching(reason) as string,
    });
    server.fail(undefined);
    expect((await keystone.caller('gAAAA-of-nova'))?.user.name).toBe('nova');
    expect(server.requests.join()).not.toContain('/elsewhere');
  });

  it('a wrong password of ours, or a log-in that fails, is told without it', async () => {
    const other = client({ password: 'wrong password' });
    const failing = other.caller('gAAAA-of-nova');
    await expect(failing).rejects.toThrow(
      'Keystone refuses our account (401): check nova.keystone.user and passwordFile',
    );
    other.close();
    server.fail({ kind: 'status', status: 503 }, 'POST');
    await expect(keystone.caller('gAAAA-of-nova')).rejects.toThrow(/gave no token to our account \(503\)/);
    server.fail(undefined, 'POST');
    expect((await keystone.caller('gAAAA-of-nova'))?.user.name).toBe('nova');
  });

  it('that is not there at all', async () => {
    await server.stop();
    await expect(keystone.caller('gAAAA-of-nova')).rejects.toMatchObject({ code: 'identity-unavailable' });
    server = await startKeystone();
  });
});
