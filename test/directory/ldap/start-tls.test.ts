import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import {
  createLdapDirectory,
  type LdapDirectoryOptions,
} from '../../../server/directory/ldap/ldap-directory.ts';
import { type SlapdServer, startSlapd } from '../../harness/slapd-server.ts';

const validators = createValidators();
const baseDn = 'dc=example,dc=com';
const ldif = `dn: ${baseDn}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`;
const signal = new AbortController().signal;
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function slapd(subjectAltName: string): Promise<SlapdServer> {
  // The server itself gives nothing without TLS.
  const server = await startSlapd({
    baseDn,
    ldif,
    subjectAltName,
    database: 'sizelimit unlimited\nsecurity ssf=128',
  });
  cleanUps.push(() => server.stop());
  return server;
}

function reading(options: Partial<LdapDirectoryOptions> & { readonly url: string }) {
  return createLdapDirectory({
    name: 'corp',
    bindDn: 'cn=reader',
    password: 'secret-word',
    baseDn,
    startTls: true,
    pageSize: 2,
    minimumUid: 1000,
    connectTimeoutMs: 5000,
    operationTimeoutMs: 5000,
    validators,
    ...options,
  }).fetchAll(signal);
}

function failing(options: Partial<LdapDirectoryOptions> & { readonly url: string }): Promise<string> {
  return reading(options).then(
    () => 'the directory was read',
    (error: unknown) => String(error),
  );
}

/** A server that answers the first bytes with `answer`, and keeps what comes. */
async function answering(answer: Buffer) {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      if (received.length === 1) socket.write(answer);
    });
  });
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
  return { url: `ldap://127.0.0.1:${address.port}`, received: () => Buffer.concat(received) };
}

const agreed = Buffer.from('300c02010178070a010004000400', 'hex');

describe('slapd', () => {
  test('is read in TLS, where the certificate has the address', async () => {
    const { plainUrl: url, ca, bindDn, password } = await slapd('IP:127.0.0.1');
    expect(await reading({ url, ca, bindDn, password })).toMatchObject({ accounts: [], rejected: [] });
    expect(await failing({ url, ca, bindDn, password, startTls: false })).toContain('LDAP result 13');
  });

  test.each(['DNS:ldap.example.com', 'IP:127.0.0.2'])(
    'with a certificate for %s is refused',
    async (name) => {
      const { plainUrl: url, ca, bindDn, password } = await slapd(name);
      expect(await failing({ url, ca, bindDn, password })).toContain('its certificate is for another name');
    },
  );

  test('with a certificate of another CA is refused', async () => {
    const { plainUrl: url, bindDn, password } = await slapd('IP:127.0.0.1');
    expect(await failing({ url, bindDn, password })).toContain('not signed by a trusted CA');
  });
});

describe('no password goes to a server that', () => {
  test.each([
    ['refuses', '300c02010178070a013504000400'],
    ['answers another message', '300c02010278070a010004000400'],
    ['answers another operation', '300c02010161070a010004000400'],
    ['answers nonsense', 'ffffffff'],
    ['answers without end', '3080'],
    ['says more than it was asked', `${agreed.toString('hex')}300c02010278070a010004000400`],
  ])('%s', async (_name, answer) => {
    const server = await answering(Buffer.from(answer, 'hex'));
    expect(await failing({ url: server.url })).toContain('does not agree to go on in TLS');
    expect(server.received()).toHaveLength(31);
  });

  test('agrees and then speaks no TLS', async () => {
    const server = await answering(agreed);
    expect(await failing({ url: server.url, connectTimeoutMs: 200 })).toContain('no connection in time');
    expect(server.received().includes('secret-word')).toBe(false);
  });

  test('says nothing', async () => {
    const server = await answering(Buffer.alloc(0));
    expect(await failing({ url: server.url, connectTimeoutMs: 200 })).toContain('no connection in time');
    expect(server.received()).toHaveLength(31);
  });
});

test('StartTLS on ldaps:// is a mistake', () => {
  expect(() => reading({ url: 'ldaps://127.0.0.1' })).toThrow('needs no StartTLS');
});
