import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A token that Keystone has given out. */
export interface GivenToken {
  readonly user: string;
  readonly project?: string;
  readonly roles: readonly string[];
  readonly expiresAt: string;
}

/** How Keystone behaves instead. */
export type KeystoneFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'hang' }
  | { readonly kind: 'body'; readonly body: string }
  /** Promises more than it sends. */
  | { readonly kind: 'cut' };

/** A Keystone with the Identity API v3 as far as logging in and looking at tokens go, as documented, faults included. */
export interface KeystoneServer {
  /** Ends in `/v3`. */
  readonly url: string;
  /** `METHOD PATH?QUERY STATUS` of every request; status 0: never answered. */
  readonly requests: readonly string[];
  /** Bodies of log-ins. */
  readonly logins: readonly unknown[];
  /** Makes a token known. */
  give(token: string, given?: Partial<GivenToken>): void;
  /** Forgets a token. */
  revoke(token: string): void;
  /** Forgets every token that it gave out at log-ins. */
  revokeLogins(): void;
  /** What a path is answered with from now on, `*` for every one; undefined: as documented. */
  fail(fault: KeystoneFault | undefined, method?: 'GET' | 'POST'): void;
  stop(): Promise<void>;
}

/** The password that it takes, of user `ubugi` or `nova`. */
export const keystonePassword = 'correct horse battery staple';

/** Starts one on 127.0.0.1. */
export async function startKeystone(): Promise<KeystoneServer> {
  const tokens = new Map<string, GivenToken>();
  const own = new Set<string>();
  const requests: string[] = [];
  const logins: unknown[] = [];
  const faults = new Map<string, KeystoneFault>();
  let made = 0;

  function give(token: string, given: Partial<GivenToken> = {}): void {
    const usual = {
      user: 'nova',
      project: 'service',
      roles: ['service'],
      expiresAt: '2099-01-01T00:00:00.000000Z',
    };
    tokens.set(token, { ...usual, ...given });
  }

  function shown({ user, project, roles, expiresAt }: GivenToken): unknown {
    return {
      token: {
        methods: ['password'],
        user: { id: `id-of-${user}`, name: user, domain: { id: 'default', name: 'Default' } },
        ...(project === undefined
          ? {}
          : {
              project: { id: `id-of-${project}`, name: project, domain: { id: 'default', name: 'Default' } },
            }),
        roles: roles.map((name) => ({ id: `id-of-${name}`, name })),
        expires_at: expiresAt,
        issued_at: '2026-01-01T00:00:00.000000Z',
        audit_ids: ['3T2dc1CGQxyJsHdDu1xkcw'],
      },
    };
  }

  function reply(request: IncomingMessage, response: ServerResponse, body: string): void {
    const note = (status: number): void => {
      requests.push(`${request.method} ${request.url} ${status}`);
    };
    const send = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      note(status);
      response.writeHead(status, { 'Content-Type': 'application/json', Vary: 'X-Auth-Token', ...headers });
      response.end(JSON.stringify(value));
    };
    const failure = (status: number): void =>
      send(status, { error: { code: status, title: 'Error', message: 'as said' } });
    const fault = faults.get(request.method ?? '');
    switch (fault?.kind) {
      case 'status':
        return send(fault.status, {}, fault.headers);
      case 'hang':
        return note(0);
      case 'body':
        note(200);
        return void response.end(fault.body);
      case 'cut':
        note(200);
        response.writeHead(200, { 'Content-Length': '1000' });
        return void response.write('{', () => response.destroy());
      case undefined:
        break;
    }
    const path = new URL(request.url ?? '/', 'http://keystone').pathname;
    if (request.method === 'GET' && (path === '/v3' || path === '/v3/')) {
      const { port } = server.address() as AddressInfo;
      const links = [{ rel: 'self', href: `http://127.0.0.1:${port}/v3/` }];
      return send(200, { version: { id: 'v3.14', status: 'stable', links, 'media-types': [] } });
    }
    if (path !== '/v3/auth/tokens') return failure(404);
    if (request.method === 'POST') {
      const login = JSON.parse(body) as {
        readonly auth?: {
          readonly identity?: {
            readonly password?: { readonly user?: { readonly name?: string; readonly password?: string } };
          };
        };
      };
      logins.push(login);
      const user = login.auth?.identity?.password?.user;
      if (user?.password !== keystonePassword) return failure(401);
      made += 1;
      const token = `gAAAA-token-${made}-of-${user.name ?? ''}`;
      give(token, { user: user.name ?? '' });
      own.add(token);
      const given = tokens.get(token);
      return send(201, given === undefined ? {} : shown(given), { 'X-Subject-Token': token });
    }
    if (!tokens.has(String(request.headers['x-auth-token']))) return failure(401);
    const subject = tokens.get(String(request.headers['x-subject-token']));
    if (subject === undefined) return failure(404);
    return send(200, shown(subject));
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      reply(request, response, Buffer.concat(chunks).toString());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v3`,
    requests,
    logins,
    give,
    revoke: (token) => void tokens.delete(token),
    revokeLogins: () => {
      for (const token of own) tokens.delete(token);
    },
    fail: (fault, method = 'GET') => {
      if (fault === undefined) faults.delete(method);
      else faults.set(method, fault);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
