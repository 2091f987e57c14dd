import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AnnounceSecret,
  createAnnounceSecret,
} from '../../../hypervisor-hook/credential/announce-secret.ts';
import { readCredential } from '../../../hypervisor-hook/credential/credential-file.ts';
import { joinCommand } from '../../../hypervisor-hook/credential/join-command.ts';
import { joinHost } from '../../../hypervisor-hook/credential/join-host.ts';
import { type Credential, openCredential } from '../../../hypervisor-hook/credential/open-credential.ts';
import { createTransport } from '../../../hypervisor-hook/metadata-server/transport.ts';
import type { TokenCreated } from '../../../schemas/types/api.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { type ApiServer, startApiServer } from '../../http/api-server.ts';

let server: ApiServer;
let folder: string;
let file: string;
let announce: AnnounceSecret;
let made = 0;
const validators = createValidators();

beforeAll(async () => {
  server = await startApiServer();
  const transport = await createTransport(new URL(server.url), undefined);
  announce = createAnnounceSecret(transport, { host: 'hv-01', userAgent: 'test' });
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-credential-'));
  file = join(folder, 'hypervisor-token');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function joinToken(): Promise<string> {
  made += 1;
  const expiresAt = new Date(server.now().getTime() + 3_600_000).toISOString();
  const body = { name: `host-${made}`, role: 'join', hypervisor: 'hv-01', expiresAt };
  return ((await server.local('POST', '/v1/tokens', { body })).json as TokenCreated).secret;
}

function credential(how = announce): Credential {
  const clock = { now: () => server.now(), elapsedMs: () => performance.now() };
  return openCredential({ clock, announce: how }, file);
}

async function works(): Promise<boolean> {
  const reading = await credential().token();
  if (reading.kind === 'unusable') throw new Error(reading.reason);
  return (await server.send('GET', '/healthz', { token: reading.token })).status === 200;
}

async function joined(): Promise<void> {
  expect(await joinHost(announce, { joinToken: await joinToken(), file })).toMatchObject({ kind: 'joined' });
}

/** A process that ends when it has sent its announcement, or just before. */
function cutOff(when: 'before' | 'after'): AnnounceSecret {
  return async (...args) => {
    if (when === 'after') await announce(...args);
    throw new Error('killed');
  };
}

const days = (count: number): number => count * 86_400;

describe('a host that joins', () => {
  it('has a credential that works in a file for root only, and nothing else', async () => {
    await joined();
    expect(await works()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['hypervisor-token']);
  });

  it.each(['before', 'after'] as const)(
    'comes to the same end when it is cut off %s the request',
    async (when) => {
      const token = await joinToken();
      expect(await joinHost(cutOff(when), { joinToken: token, file })).toMatchObject({ kind: 'failed' });
      expect(await joinHost(announce, { joinToken: token, file })).toMatchObject({ kind: 'joined' });
      expect(await works()).toBe(true);
    },
  );

  it('says why it may not, and keeps the credential that it has', async () => {
    await joined();
    const before = await readFile(file);
    const used = await joinToken();
    await joinHost(announce, { joinToken: used, file: join(folder, 'other') });
    const outcome = await joinHost(announce, { joinToken: used, file });
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('the join token was used before') as string,
    });
    expect(await readFile(file)).toEqual(before);
  });
});

describe('the credential of a host', () => {
  it('is renewed when two thirds of its life are over, and not before', async () => {
    await joined();
    const first = await readFile(file, 'utf8');
    server.advance(days(20) - 1);
    expect(await credential().rotateWhenDue()).toMatchObject({ kind: 'not-due' });
    server.advance(1);
    expect(await credential().rotateWhenDue()).toMatchObject({ kind: 'rotated' });
    expect(await readFile(file, 'utf8')).not.toBe(first);
    expect(await works()).toBe(true);
    expect(await credential().rotateWhenDue()).toMatchObject({ kind: 'not-due' });
  });

  it.each(['before', 'after'] as const)(
    'works whenever the process is killed: %s the request',
    async (when) => {
      await joined();
      server.advance(days(20));
      expect(await credential(cutOff(when)).rotateWhenDue()).toMatchObject({ kind: 'failed' });
      expect(await works()).toBe(true);
      expect(await credential().rotateWhenDue()).toMatchObject({ kind: 'rotated' });
      expect(await works()).toBe(true);
    },
  );

  it('is found again when the old one ended while the answer was lost', async () => {
    await joined();
    server.advance(days(20));
    await credential(cutOff('after')).rotateWhenDue();
    server.advance(3600);
    expect(await works()).toBe(false);
    expect(await credential().rotateWhenDue()).toMatchObject({ kind: 'rotated' });
    expect(await works()).toBe(true);
  });

  it('stays as it is while the server is away, and says why', async () => {
    await joined();
    server.advance(days(20));
    const away = createAnnounceSecret(await createTransport(new URL('http://127.0.0.1:1'), undefined), {
      host: 'hv-01',
      userAgent: 'test',
    });
    expect(await credential(away).rotateWhenDue()).toEqual({
      kind: 'failed',
      reason: 'the metadata server refused the connection',
    });
    expect(await works()).toBe(true);
  });

  it('made by hand is never renewed', async () => {
    await writeFile(file, `${await server.token('hypervisor', 'by-hand', { hypervisor: 'hv-01' })}\n`);
    await chmod(file, 0o600);
    expect(await credential().rotateWhenDue()).toEqual({ kind: 'not-due', dueAt: undefined });
    expect(await works()).toBe(true);
  });

  it.each([
    ['open to every user', 0o604, 'ubugi_x'],
    ['without a token', 0o600, '\n'],
    ['with a second token that is none', 0o600, 'ubugi_x\nnext \u0000'],
  ])('is not read from a file %s', async (_, mode, text) => {
    await writeFile(file, text);
    await chmod(file, mode);
    expect(await readCredential(file)).toMatchObject({ kind: 'unusable' });
  });
});

describe('ubugi-hypervisor join', () => {
  async function run(
    more: { readonly server?: string; readonly host?: string; readonly token?: string } = {},
  ): Promise<{
    status: number;
    said: string;
  }> {
    const lines = ['server:', `  url: ${server.url}`, '  tokenFile: hypervisor-token'];
    await writeFile(
      join(folder, 'hypervisor.yaml'),
      [...lines, 'trustedSigners: signers', 'host: hv-01', ''].join('\n'),
    );
    const tokenFile = join(folder, 'join');
    await writeFile(tokenFile, `${more.token ?? (await joinToken())}\n`);
    const said: string[] = [];
    const status = await joinCommand(
      {
        kind: 'join',
        configurationFile: join(folder, 'hypervisor.yaml'),
        server: more.server,
        host: more.host,
        tokenFile,
      },
      { validators, userAgent: 'test', say: (line) => said.push(line) },
    );
    return { status, said: said.join('\n') };
  }

  it('writes the credential of the configuration', async () => {
    const { status, said } = await run({ server: server.url, host: 'hv-01' });
    expect(status).toBe(0);
    expect(said).toMatch(/^hv-01 has joined: /);
    expect(said).not.toMatch(/ubugi_[A-Za-z0-9_-]{43}/);
    expect(await works()).toBe(true);
  });

  it.each([
    ['another server', { server: 'https://else.example' }, /--server is not the configuration's/],
    ['another host', { host: 'hv-02' }, /--host is not this host's name, hv-01/],
    ['what is no token', { token: 'hello' }, /holds no join token/],
    ['an unknown token', { token: `ubugi_${'a'.repeat(43)}` }, /hv-01 has not joined: .*not known/],
  ])('refuses %s in one line', async (_, more, line) => {
    const { status, said } = await run(more);
    expect(status).toBe(1);
    expect(said).toMatch(line);
    expect(said.split('\n')).toHaveLength(1);
  });
});
