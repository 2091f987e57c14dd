import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { ldap } from '../../../server/directory/embedded/ldapjs.ts';
import {
  createLdapDirectory,
  type LdapDirectoryOptions,
} from '../../../server/directory/ldap/ldap-directory.ts';
import { AppError } from '../../../server/domain/errors.ts';
import { makeCertificates } from '../../harness/certificates.ts';
import { type FaultySearch, sendEntry, startFaultyLdap } from '../../harness/faulty-ldap-server.ts';

const validators = createValidators();
const baseDn = 'dc=example,dc=com';
const cleanUps: (() => Promise<unknown>)[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function directory(options: Partial<LdapDirectoryOptions> & { readonly url: string }) {
  return createLdapDirectory({
    name: 'corp',
    bindDn: 'cn=reader',
    password: 'secret-word',
    baseDn,
    pageSize: 2,
    minimumUid: 1000,
    connectTimeoutMs: 5000,
    operationTimeoutMs: 5000,
    validators,
    ...options,
  });
}

async function faulty(search: FaultySearch, identity?: string) {
  const server = await startFaultyLdap({ search, ...(identity === undefined ? {} : { identity }) });
  cleanUps.push(() => server.stop());
  return server;
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Answers the base entry, and `entries` to every other search. */
function answering(entries: FaultySearch): FaultySearch {
  return (request, response, next, count) => {
    if (request.scope !== 0) return entries(request, response, next, count);
    sendEntry(response, baseDn, {});
    response.end();
    return next();
  };
}

/** The message with which the reading fails; anything but the one kind of failure throws. */
async function failure(options: Partial<LdapDirectoryOptions> & { readonly url: string }): Promise<string> {
  const error: unknown = await directory(options)
    .fetchAll(never)
    .then(
      () => new Error('the directory was read'),
      (reason: unknown) => reason,
    );
  const message = String(error);
  if (
    !(error instanceof AppError) ||
    error.code !== 'directory-unavailable' ||
    message.includes('secret-word')
  ) {
    throw new Error('another failure than expected', { cause: error });
  }
  return message;
}

describe('a server that goes away', () => {
  test('after the bind: no second, anonymous connection', async () => {
    const server = await faulty((request) => request.connection.destroy());
    expect(await failure({ url: server.url })).toContain(
      'search below dc=example,dc=com: the connection failed',
    );
    expect(server.connections()).toBe(1);
  });

  test('between two pages: no second, anonymous connection', async () => {
    const server = await faulty(
      answering((request, response) => {
        sendEntry(response, `uid=a,${baseDn}`, { uid: 'a' });
        const value = { size: 0, cookie: Buffer.from('more') };
        response.addControl(new ldap.PagedResultsControl({ value }));
        response.end();
        request.connection.end();
      }),
    );
    await failure({ url: server.url });
    expect(server.connections()).toBe(1);
  });

  test('is not there at all', async () => {
    const port = await listening(createPlainServer());
    await cleanUps.pop()?.();
    expect(await failure({ url: `ldap://127.0.0.1:${port}` })).toMatch(
      /^AppError: directory corp \(ldap:\/\/127\.0\.0\.1:\d+\): connect: the server cannot be reached \(ECONNREFUSED\): check/,
    );
  });
});

describe('a server that hangs', () => {
  test('in the TLS handshake', async () => {
    const port = await listening(createPlainServer((socket) => socket.on('error', () => undefined)));
    expect(await failure({ url: `ldaps://127.0.0.1:${port}`, connectTimeoutMs: 100 })).toContain(
      'no connection in time',
    );
  });

  test('at the bind', async () => {
    const port = await listening(createPlainServer((socket) => socket.on('error', () => undefined)));
    expect(await failure({ url: `ldap://127.0.0.1:${port}`, operationTimeoutMs: 100 })).toContain(
      'bind: the server did not answer in time',
    );
  });

  test('in a search', async () => {
    const server = await faulty(() => undefined);
    expect(await failure({ url: server.url, operationTimeoutMs: 100 })).toContain('did not answer in time');
  });

  test('and the caller gives up', async () => {
    const controller = new AbortController();
    const server = await faulty(() => controller.abort());
    await expect(directory({ url: server.url }).fetchAll(controller.signal)).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining('the reading was stopped'),
    });
  });
});

describe('a server that gives a part', () => {
  test('takes the connection for anonymous', async () => {
    const server = await faulty(() => undefined, '');
    expect(await failure({ url: server.url })).toContain('takes the connection for anonymous');
  });

  test('hides the base', async () => {
    const server = await faulty((_request, response, next) => {
      response.end();
      next();
    });
    expect(await failure({ url: server.url })).toContain('does not show the base entry');
  });

  test('gives other entries the second time', async () => {
    const server = await faulty(
      answering((_request, response, next, count) => {
        if (count % 2 === 0) sendEntry(response, `uid=a,${baseDn}`, { uid: 'a' });
        response.end();
        next();
      }),
    );
    expect(await failure({ url: server.url })).toContain('changed while they were read');
  });

  test('ends with an empty page that is not the last', async () => {
    const server = await faulty(
      answering((request, response, next) => {
        const paging = request.controls[0]?.value;
        // An empty page once two entries were given, whatever the size of the pages.
        const given = paging?.cookie.length === 4 ? paging.cookie.readUInt32BE(0) : 0;
        const size = paging?.size ?? 0;
        const cookie = Buffer.alloc(4);
        if (given !== 2) {
          for (let index = given; index < given + size; index += 1)
            sendEntry(response, `uid=p${index},${baseDn}`, {});
        }
        cookie.writeUInt32BE(given + size, 0);
        response.addControl(
          new ldap.PagedResultsControl({ value: { size: 6, cookie: given >= 6 ? Buffer.alloc(0) : cookie } }),
        );
        response.end();
        next();
      }),
    );
    expect(await failure({ url: server.url })).toContain(
      'changed while they were read, or the server left some out',
    );
  });

  test('gives one entry twice', async () => {
    const server = await faulty(
      answering((_request, response, next) => {
        sendEntry(response, `uid=a,${baseDn}`, {});
        sendEntry(response, `uid=a,${baseDn}`, {});
        response.end();
        next();
      }),
    );
    expect(await failure({ url: server.url })).toContain('gave one entry twice');
  });

  test('gives a range of the values', async () => {
    const server = await faulty(
      answering((_request, response, next) => {
        sendEntry(response, `uid=a,${baseDn}`, { 'memberUid;range=0-1499': 'alice' });
        response.end();
        next();
      }),
    );
    expect(await failure({ url: server.url })).toContain('a part of the values');
  });

  test('says that it is not willing', async () => {
    const server = await faulty((_request, _response, next) =>
      next(new ldap.UnwillingToPerformError('password: x')),
    );
    const message = await failure({ url: server.url });
    expect(message).toContain('LDAP result 53');
    expect(message).not.toContain('password: x');
  });
});

test('an empty password, which would bind as nobody, is not sent', async () => {
  const server = await faulty(() => undefined);
  expect(await failure({ url: server.url, password: '' })).toContain('the password is empty');
});

describe('TLS', () => {
  async function tlsServer(subjectAltName: string) {
    const folder = await mkdtemp(join(tmpdir(), 'ubugi-tls-'));
    cleanUps.push(() => rm(folder, { recursive: true }));
    const certificates = await makeCertificates(folder, subjectAltName);
    let bytes = 0;
    const server = createTlsServer(
      { cert: await readFile(certificates.certificateFile), key: await readFile(certificates.keyFile) },
      (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (data) => {
          bytes += data.length;
        });
      },
    );
    server.on('tlsClientError', () => undefined);
    return { port: await listening(server), ca: certificates.ca, received: () => bytes };
  }

  test('a certificate for another name', async () => {
    const server = await tlsServer('DNS:ldap.example.com');
    expect(await failure({ url: `ldaps://127.0.0.1:${server.port}`, ca: server.ca })).toContain(
      'its certificate is for another name',
    );
    expect(server.received()).toBe(0);
  });

  test('a certificate of another CA', async () => {
    const server = await tlsServer('IP:127.0.0.1');
    const other = await tlsServer('IP:127.0.0.1');
    expect(await failure({ url: `ldaps://127.0.0.1:${server.port}`, ca: other.ca })).toContain(
      'not signed by a trusted CA',
    );
    expect(await failure({ url: `ldaps://127.0.0.1:${server.port}` })).toContain(
      'not signed by a trusted CA',
    );
    expect(server.received()).toBe(0);
  });
});
