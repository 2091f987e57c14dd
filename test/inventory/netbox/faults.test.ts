import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { instanceId } from '../../harness/inventory-file.ts';
import { always, body, nth, status } from '../../harness/netbox/faults.ts';
import { ipAddress, virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';
import { type Fault, sendJson, testToken } from '../../harness/netbox/netbox-server.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

const machines = 'virtualization/virtual-machines/';
const interfaces = 'virtualization/interfaces/';
const addresses = 'ipam/ip-addresses/';

describe('trouble that passes', () => {
  test.each([
    ['500 midway', nth(interfaces, 3, status(500))],
    ['503, then the connection breaks', nth(machines, 2, status(503))],
    [
      'a connection that breaks within the answer',
      nth(addresses, 2, (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"count":');
        response.destroy();
        return true;
      }),
    ],
    ['429 with Retry-After in seconds', nth(machines, 2, status(429, { 'retry-after': '0' }))],
    [
      '429 with Retry-After as a date',
      nth(machines, 2, status(429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' })),
    ],
  ])('%s', async (_, fault) => {
    const { server, inventory } = await sites.start(50, { limits: { pageSize: 20 } });
    server.fault = fault;
    const { entries, quarantined } = await inventory.fetchAll(signal);
    expect([entries.length, quarantined.length]).toEqual([50, 0]);
  });
});

describe('trouble that stays fails as a whole', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  test.each<[name: string, fault: Fault, message: string]>([
    ['500 at every attempt', always(interfaces, status(500)), 'failed at virtualization/interfaces/ (500)'],
    [
      'connections that always break',
      always(interfaces, (_, response) => {
        response.destroy();
        return true;
      }),
      'broke off the conversation',
    ],
    [
      'an expired token',
      nth(addresses, 2, status(403)),
      'refused the credentials at ipam/ip-addresses/ (403)',
    ],
    [
      '401',
      always(machines, status(401)),
      'refused the credentials at virtualization/virtual-machines/ (401)',
    ],
    ['404', always(machines, status(404)), 'has nothing at virtualization/virtual-machines/ (404)'],
    ['400', always(machines, status(400)), 'refused the query'],
    [
      '429 with a Retry-After beyond all patience',
      always(machines, status(429, { 'retry-after': '86400' })),
      'no further requests',
    ],
    ['429 for ever', always(machines, status(429, { 'retry-after': '0' })), 'no further requests'],
    [
      'a redirect to the metadata service',
      nth(interfaces, 2, status(302, { location: 'http://169.254.169.254/latest/meta-data/' })),
      'redirect (302), which is never followed',
    ],
    ['a gzip bomb', nth(machines, 2, body(bomb, { 'content-encoding': 'gzip' })), 'compressed answer'],
    ['a huge page', nth(machines, 2, body(' '.repeat(2_000_000))), 'more than 1000000 bytes'],
    ['invalid JSON', nth(machines, 2, body('{"count": 1, "results": [')), 'that is not JSON'],
    ['a proxy that answers in HTML', nth(machines, 2, body('<html>')), 'that is not JSON'],
    ['bytes that are not UTF-8', nth(machines, 2, body(Buffer.from([0x22, 0xff, 0x22]))), 'not UTF-8'],
    [
      'a key twice',
      nth(machines, 2, body('{"count":null,"next":null,"results":[{"id":1,"name":"a","name":"b"}]}')),
      'stands twice in the same object (at /results/0/name)',
    ],
    [
      '__proto__',
      nth(machines, 2, body('{"count":null,"next":null,"results":[{"id":1,"__proto__":{}}]}')),
      'not allowed as a key',
    ],
    ['JSON too deep', nth(machines, 2, body('['.repeat(100_000))), 'more than 32 levels deep'],
    ['another document', nth(machines, 2, body('{"results": [{"id": "1"}]}')), 'no list of NetBox'],
    [
      'a next page without end',
      always(machines, ({ query }, response) => {
        if (query.get('limit') === '1') return false;
        sendJson(response, { count: null, next: 'http://x/', previous: null, results: [] });
        return true;
      }),
      'promises more rows',
    ],
    [
      'rows without end',
      always(machines, ({ query }, response) => {
        if (query.get('limit') === '1') return false;
        const id = Number(query.get('start'));
        sendJson(response, { count: null, next: 'http://x/', previous: null, results: [virtualMachine(id)] });
        return true;
      }),
      'has more than 500 rows',
    ],
  ])('%s', async (_, fault, message) => {
    const { server, inventory } = await sites.start(50, {
      limits: { pageSize: 20, bodyBytes: 1_000_000, throttleMs: 200, rows: 500 },
    });
    server.fault = fault;
    const reading = inventory.fetchAll(signal);
    await expect(reading).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringMatching(/^inventory cmdb: NetBox at http:\/\/127\.0\.0\.1:\d+\/ .+: .+/),
    });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.not.toThrow(testToken.slice(-20));
  });

  test('bytes that come too slowly', async () => {
    const { server, inventory } = await sites.start(50, { limits: { pageSize: 20, operationMs: 300 } });
    server.fault = nth(machines, 2, (_, response) => {
      response.writeHead(200);
      response.write('{');
      return true;
    });
    await expect(inventory.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('did not answer completely within 0.3 s'),
    });
  });

  test('links to elsewhere are not followed', async () => {
    const { server, inventory } = await sites.start(45, { limits: { pageSize: 20 } });
    server.fault = (request, response) => {
      if (request.path !== machines || request.query.get('start') !== '1') return false;
      const results = Array.from({ length: 20 }, (_, index) => virtualMachine(index + 1));
      sendJson(response, { count: null, next: 'http://169.254.169.254/?start=21', previous: null, results });
      return true;
    };
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(45);
  });

  test('nobody there, and a signal that ends the reading', async () => {
    const { server, inventory } = await sites.start(1);
    const ended = new AbortController();
    server.fault = () => {
      ended.abort();
      return true;
    };
    await expect(inventory.fetchAll(ended.signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('was not read to its end'),
    });
    await sites.close();
    await expect(inventory.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

test('a machine that is gone right after it was looked up is left out', async () => {
  const { server, inventory } = await sites.start(5);
  server.fault = nth(interfaces, 1, () => {
    server.lists[machines]?.splice(1, 1);
    return false;
  });
  const { entries } = await inventory.fetch([instanceId(1), instanceId(2)], signal);
  expect(entries.map(({ record }) => record.id)).toEqual([instanceId(1)]);

  server.fault = always(interfaces, status(400));
  await expect(inventory.fetch([instanceId(1)], signal)).rejects.toThrow('refused the query');
});

describe.each([{ cursor: true }, { cursor: false }])('changes under the reader, %o', (serverOptions) => {
  const small = { limits: { pageSize: 20 } };
  const ids = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => instanceId(from + index));

  function withoutMachine(lists: Readonly<Record<string, unknown[]>>, ...gone: readonly number[]): void {
    const drop = (path: string, isGone: (object: { readonly id: number }) => boolean): void => {
      const list = lists[path] as { readonly id: number }[];
      list.splice(0, list.length, ...list.filter((object) => !isGone(object)));
    };
    drop(machines, ({ id }) => gone.includes(id));
    drop(interfaces, ({ id }) => gone.includes(id));
    drop(addresses, ({ id }) => gone.includes(id / 10));
  }

  test('records deleted between pages are gone, and none behind them is missed', async () => {
    const { server, inventory } = await sites.start(100, small, serverOptions);
    server.fault = nth(machines, 3, () => {
      withoutMachine(server.lists, ...Array.from({ length: 25 }, (_, index) => index + 1));
      return false;
    });
    const { entries } = await inventory.fetchAll(signal);
    expect(entries.map(({ record }) => record.id)).toEqual(ids(26, 100));
  });

  test('a record made between pages is there, with its interface', async () => {
    const { server, inventory } = await sites.start(50, small, serverOptions);
    server.fault = nth(addresses, 4, () => {
      const last_updated = new Date().toISOString();
      server.lists[machines]?.push(virtualMachine(51, { last_updated }));
      server.lists[interfaces]?.push(vmInterface(51, 51, { last_updated }));
      server.lists[addresses]?.push(ipAddress(510, 51, 51, { last_updated }));
      return false;
    });
    const { entries } = await inventory.fetchAll(signal);
    expect(entries.map(({ record }) => record.id)).toEqual(ids(1, 51));
    expect(entries.at(-1)?.record.interfaces[0]?.addresses).toEqual(['10.0.0.51/8']);
  });

  test('a record that changes after it was read is read again', async () => {
    const { server, inventory } = await sites.start(50, small, serverOptions);
    server.fault = nth(machines, 3, () => {
      const last_updated = new Date().toISOString();
      server.lists[machines]?.splice(0, 1, virtualMachine(1, { name: 'web-01b', last_updated }));
      return false;
    });
    const { entries } = await inventory.fetchAll(signal);
    expect(entries[0]?.record.name).toBe('web-01b');
  });

  test('a repeated row counts once', async () => {
    const { server, inventory } = await sites.start(50, small, serverOptions);
    server.fault = always(machines, ({ query }, response) => {
      const isFirst = serverOptions.cursor ? query.get('start') === '1' : query.get('ordering') === 'id';
      if (!isFirst || Number(query.get('offset')) > 0 || query.has('last_updated__gte')) return false;
      const rows = (server.lists[machines] ?? []).slice(0, 20);
      const results = [...rows.slice(0, 5), ...rows.slice(4)];
      sendJson(response, {
        count: serverOptions.cursor ? null : 50,
        next: 'http://x/',
        previous: null,
        results,
      });
      return true;
    });
    const { entries, quarantined } = await inventory.fetchAll(signal);
    expect([entries.length, quarantined.length]).toEqual([50, 0]);
  });

  test('a page that lacks rows is noticed, and the list is read again', async () => {
    const { server, inventory } = await sites.start(50, small, serverOptions);
    let isCut = false;
    server.fault = always(machines, ({ query }, response) => {
      if (isCut || (serverOptions.cursor ? query.get('start') !== '1' : !query.has('ordering'))) return false;
      isCut = true;
      const results = (server.lists[machines] ?? []).slice(0, 20).filter(({ id }) => id !== 7);
      sendJson(response, {
        count: serverOptions.cursor ? null : 50,
        next: 'http://x/',
        previous: null,
        results,
      });
      return true;
    });
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(50);
  });

  test('a count that never agrees fails as a whole', async () => {
    const { server, inventory } = await sites.start(50, small, serverOptions);
    server.fault = always(machines, ({ query }, response) => {
      if (query.get('limit') !== '1') return false;
      sendJson(response, { count: 51, next: null, previous: null, results: [] });
      return true;
    });
    await expect(inventory.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('counts other rows than it gives'),
    });
  });
});
