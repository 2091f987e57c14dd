import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import type { HttpJsonRequest } from '../../../schemas/types/server-configuration.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createHttpJsonInventory } from '../../../server/inventory/http-json/http-json-inventory.ts';
import { makeCertificates } from '../../harness/certificates.ts';
import { openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { type CmdbFault, type JsonCmdbServer, startJsonCmdb } from '../../harness/json-cmdb-server.ts';

const validators = createValidators();

const signal = new AbortController().signal;
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const mapping = { id: 'id', name: 'name', osFamily: '"debian"' };
const machines = Array.from({ length: 25 }, (_, index) => ({
  id: instanceId(index + 1),
  name: `web-${index + 1}`,
}));

const byPage: HttpJsonRequest = {
  path: 'vms',
  query: { page: '{page}', size: '{limit}' },
  records: '/items',
  paging: { kind: 'page', size: 10 },
};
const byCursor: HttpJsonRequest = {
  path: 'vms',
  query: { after: '{cursor}', size: '{limit}' },
  records: '/items',
  paging: { kind: 'cursor', size: 10, at: '/cursor' },
};

const byKeys: HttpJsonRequest = { path: 'vms', query: { keys: '{keys}' }, records: '/items' };

/** A CMDB that knows pages and cursors, which are the number of the next record. */
async function start(list: HttpJsonRequest = byPage, limits = {}) {
  const server = await startJsonCmdb(({ url }) => {
    const size = Number(url.searchParams.get('size'));
    const page = url.searchParams.get('page');
    const from = page === null ? Number(url.searchParams.get('after') ?? 0) : (Number(page) - 1) * size;
    const cursor = from + size < machines.length ? String(from + size) : null;
    return { value: { items: machines.slice(from, from + size), cursor } };
  });
  servers.push(server);
  const config = { name: 'cmdb', url: 'http://localhost/api', list, key: '/id', mapping };
  const credentials = { kind: 'header', header: 'X-Api-Key', value: 'hunter2' } as const;
  return { server, inventory: openInventory(config, server.url, credentials, limits) };
}

/** The fault of the nth request, from 1. */
function nth(number: number, fault: CmdbFault): CmdbFault {
  let count = 0;
  return (request, response) => {
    count += 1;
    return count === number && fault(request, response);
  };
}

const says =
  (
    status: number,
    body: string | Uint8Array = '',
    headers: Readonly<Record<string, string>> = {},
  ): CmdbFault =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
    return true;
  };

describe('trouble that passes', () => {
  test.each([
    ['500 midway', nth(2, says(500))],
    ['429 with Retry-After', nth(2, says(429, '', { 'retry-after': '0' }))],
    [
      'a connection that breaks within the answer',
      nth(3, (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"items":');
        response.destroy();
        return true;
      }),
    ],
  ])('%s', async (_, fault) => {
    const { server, inventory } = await start();
    server.fault = fault;
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(25);
  });

  test('a cursor is left out at first, then followed', async () => {
    const { server, inventory } = await start(byCursor);
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(25);
    expect(server.requests.map(({ url }) => url.searchParams.get('after'))).toEqual([null, '10', '20']);
  });

  test('without a lookup, single machines come from the whole list', async () => {
    const { inventory } = await start();
    const { entries } = await inventory.fetch([instanceId(3)], signal);
    expect(entries.map(({ record }) => record.name)).toEqual(['web-3']);
  });
});

describe('trouble that stays fails as a whole, says why, and names no secret', () => {
  const deep = `{"items":${'['.repeat(1000)}${']'.repeat(1000)}}`;
  test.each<[string, CmdbFault, string]>([
    ['500', says(500), 'failed (500): look into its log'],
    ['403', says(403), 'refused the credentials (403)'],
    ['404', says(404), 'has nothing there (404)'],
    ['400', says(400), 'refused the query (400)'],
    ['429', says(429, '', { 'retry-after': '3600' }), 'lets no further requests through (429)'],
    ['redirect', says(302, '', { location: 'http://169.254.169.254/' }), 'with a redirect (302)'],
    ['a login page', says(200, '<html>'), 'gave an answer that is not JSON'],
    ['half an answer', says(200, '{"items": ['), 'gave an answer that is not JSON'],
    ['no list', says(200, '{"data": []}'), 'without a list of records at /items'],
    [
      'a repeated key',
      says(200, '{"items": [], "items": []}'),
      'stands twice in the same object (at /items)',
    ],
    ['__proto__', says(200, '{"__proto__": {}, "items": []}'), 'not allowed as a key'],
    ['nesting', says(200, deep), 'nested more than 32 levels deep'],
    ['no UTF-8', says(200, Buffer.from([0x7b, 0xff])), 'is not UTF-8'],
    [
      'a compressed bomb',
      says(200, gzipSync(Buffer.alloc(10_000_000, 32)), { 'content-encoding': 'gzip' }),
      'sent a compressed answer',
    ],
    ['too much', says(200, ' '.repeat(200_000)), 'answered with more than 100000 bytes'],
    ['slow bytes', (_, response) => response.write('{'), 'did not answer completely within 0.5 s'],
    ['the same page for ever', says(200, JSON.stringify({ items: machines })), 'changes its list faster'],
  ])('%s', async (_, fault, message) => {
    const { server, inventory } = await start(byPage, {
      bodyBytes: 100_000,
      operationMs: 500,
      throttleMs: 1_000,
    });
    server.fault = (request, response) =>
      request.url.searchParams.get('page') === '1' ? false : fault(request, response);
    const failure = await inventory.fetchAll(signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining(message),
    });
    expect(String(failure)).toContain(`inventory cmdb: ${server.url}/api `);
    expect(String(failure) + JSON.stringify(failure)).not.toContain('hunter2');
  });

  test('a cursor that leads in a circle', async () => {
    const { server, inventory } = await start(byCursor);
    server.fault = ({ url }, response) =>
      says(200, JSON.stringify({ items: [{ id: url.search }], cursor: 'again' }))(
        server.requests[0] ?? never(),
        response,
      );
    await expect(inventory.fetchAll(signal)).rejects.toThrow('leads in a circle from page to page');
  });

  test('a server that is not there, and a signal', async () => {
    const { server, inventory } = await start();
    await server.close();
    servers.length = 0;
    await expect(inventory.fetchAll(signal)).rejects.toThrow('cannot be reached (ECONNREFUSED)');
    await expect(inventory.fetchAll(AbortSignal.abort())).rejects.toThrow('was not read to its end');
  });
});

function never(): never {
  throw new Error('no request');
}

describe('configurations that cannot work', () => {
  const open = (more: Readonly<Record<string, unknown>>, url = 'https://cmdb.example.net/api') => {
    const tls = { ca: undefined, client: undefined };
    const ports = { name: 'cmdb', url, tls, validators, clock: systemClock };
    const { value, ...options } = { value: 'key', list: byPage, key: '/id', mapping, ...more };
    return () =>
      createHttpJsonInventory({ ...ports, credentials: { kind: 'header', header: 'X-Key', value } }, options);
  };
  test.each([
    [open({}, 'http://cmdb.example.net/'), 'sends everything in plain text'],
    [open({}, 'https://a:hunter2@cmdb.example.net/'), 'url has more than host, port and path'],
    [open({ value: 'hunter2\nX-Admin: 1' }), 'characters that no HTTP header can carry'],
    [open({ list: { ...byPage, query: {} } }), '/list/paging goes by {page}, which stands nowhere'],
    [open({ list: { ...byPage, json: {} } }), '/list has a body, which GET does not send'],
    [open({ lookup: byPage }), '/lookup asks for some instances, but {id} stands nowhere in it'],
    [
      open({ lookupByName: byPage }),
      '/lookupByName asks for some instances, but {name} stands nowhere in it',
    ],
    [
      open({ changes: { touched: { vms: { list: byPage, key: '/id' } }, lookup: byKeys } }),
      '/changes/touched/vms/list asks for some instances, but {since} stands nowhere in it',
    ],
    [
      open({ changes: { touched: {}, lookup: byPage } }),
      '/changes/lookup asks for some instances, but {keys}',
    ],
    [
      open({ changes: { touched: {}, lookup: byKeys, timeZone: 'Mars/Olympus' } }),
      '/changes/timeZone is not a time zone that is known here',
    ],
    [
      open({
        changes: { touched: {}, lookup: byKeys },
        related: { ports: { list: byPage, key: '/vm', of: '/id' } },
      }),
      '/related/ports has no `lookup`',
    ],
  ])('%#', (make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', message: expect.stringContaining(message) }),
    );
    expect(make).not.toThrow('hunter2');
  });
});

test('shows a client certificate, and trusts the CA it is given only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-cmdb-'));
  try {
    const { ca, certificateFile, keyFile } = await makeCertificates(folder, 'IP:127.0.0.1');
    const clientKey = join(folder, 'client.key');
    const clientFile = join(folder, 'client.pem');
    const subject = ['-subj', '/CN=ubugi', '-days', '2', '-addext', 'basicConstraints=CA:FALSE'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', clientKey];
    await execa('openssl', ['req', '-x509', ...key, '-out', clientFile, ...subject], { timeout: 20_000 });
    const certificate = await readFile(clientFile, 'utf8');
    const server = await startJsonCmdb(() => ({ value: { items: machines.slice(0, 1) } }), {
      certificateFile,
      keyFile,
      clientCa: certificate,
    });
    servers.push(server);
    const read = (trusted: string | undefined, client: { certificate: string; key: string } | undefined) =>
      createHttpJsonInventory(
        {
          name: 'cmdb',
          url: server.url,
          credentials: { kind: 'none' },
          tls: { ca: trusted, client },
          validators,
          clock: systemClock,
        },
        { list: { records: '/items' }, key: '/id', mapping, limits: { retries: 0 } },
      ).fetchAll(signal);
    const client = { certificate, key: await readFile(clientKey, 'utf8') };
    expect((await read(ca, client)).entries).toHaveLength(1);
    await expect(read(undefined, client)).rejects.toThrow('is not trusted');
    await expect(read(ca, undefined)).rejects.toMatchObject({ code: 'inventory-unavailable' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
