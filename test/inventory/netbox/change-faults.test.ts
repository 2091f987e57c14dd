import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { instanceId } from '../../harness/inventory-file.ts';
import { always, body, nth, status } from '../../harness/netbox/faults.ts';
import type { Fault } from '../../harness/netbox/netbox-server.ts';
import { sendJson } from '../../harness/netbox/netbox-server.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

const interfaces = 'virtualization/interfaces/';
const addresses = 'ipam/ip-addresses/';
const log = 'core/object-changes/';

/** NetBox with 60 machines that was read whole, and then 50 of them changed. */
async function changed(serverOptions = {}) {
  const { server, inventory } = await sites.start(
    60,
    { limits: { pageSize: 20, bodyBytes: 1_000_000, throttleMs: 200, rows: 1000, operationMs: 2000 } },
    serverOptions,
  );
  const { cursor = '' } = await inventory.fetchAll(signal);
  for (let id = 1; id <= 50; id += 1) server.as('bea').update(interfaces, id, { mtu: 9000 });
  return { server, inventory, cursor };
}

describe('trouble that passes', () => {
  test.each([
    ['500 midway', nth(interfaces, 3, status(500))],
    ['a connection that breaks', nth(log, 3, (_, response) => response.destroy() !== undefined)],
    ['429 with Retry-After', nth(log, 2, status(429, { 'retry-after': '0' }))],
  ])('%s', async (_, fault) => {
    const { server, inventory, cursor } = await changed();
    server.fault = fault;
    expect((await inventory.fetchChanges(cursor, signal))?.entries).toHaveLength(50);
  });
});

describe('trouble that stays fails as a whole, and the old cursor goes on', () => {
  test.each<[name: string, fault: Fault, message: string]>([
    ['500 at every attempt', always(addresses, status(500)), 'failed at ipam/ip-addresses/ (500)'],
    [
      'a token that expires midway',
      nth(log, 4, status(403)),
      'refused the credentials at core/object-changes/',
    ],
    ['429 for ever', always(log, status(429, { 'retry-after': '0' })), 'no further requests'],
    [
      'a redirect',
      nth(interfaces, 2, status(302, { location: 'http://169.254.169.254/' })),
      'redirect (302), which is never followed',
    ],
    ['invalid JSON', nth(interfaces, 2, body('{"count": 1, "results": [')), 'that is not JSON'],
    ['another document', nth(log, 2, body('{"results": 1}')), 'no list of NetBox'],
    [
      'a gzip bomb',
      nth(addresses, 1, body(gzipSync(Buffer.alloc(1024 * 1024)), { 'content-encoding': 'gzip' })),
      'compressed answer',
    ],
    [
      'bytes that come too slowly',
      nth(interfaces, 2, (_, response) => {
        response.writeHead(200);
        return response.write('{');
      }),
      'did not answer completely within 2 s',
    ],
    [
      'rows without end',
      always(log, ({ query }, response) => {
        const id = Number(query.get('start'));
        sendJson(response, { count: null, next: 'http://x/', previous: null, results: [{ id }] });
        return true;
      }),
      'has more than 1000 rows',
    ],
  ])('%s', async (_, fault, message) => {
    const { server, inventory, cursor } = await changed();
    server.fault = fault;
    await expect(inventory.fetchChanges(cursor, signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining(message),
    });
    server.fault = undefined;
    expect((await inventory.fetchChanges(cursor, signal))?.entries).toHaveLength(50);
  });

  test('a signal that ends the reading', async () => {
    const { server, inventory, cursor } = await changed();
    const ended = new AbortController();
    server.fault = nth(log, 3, () => {
      ended.abort();
      return true;
    });
    await expect(inventory.fetchChanges(cursor, ended.signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('was not read to its end'),
    });
  });
});

describe.each([{ cursor: true }, { cursor: false }])('changes under the reader, %o', (serverOptions) => {
  test('a machine that is deleted while it is looked up is removed', async () => {
    const { server, inventory, cursor } = await changed(serverOptions);
    let isGone = false;
    server.fault = ({ path, query }) => {
      if (path === interfaces && query.has('virtual_machine_id') && !isGone) {
        isGone = true;
        server.as('bea').removeMachine(7);
      }
      return false;
    };
    const changes = await inventory.fetchChanges(cursor, signal);
    expect(changes?.removed).toEqual(['virtual-machines/7']);
    expect(changes?.entries).toHaveLength(49);
  });

  test('a machine whose address is replaced while it is looked up has the new one, with its gateway', async () => {
    const { server, inventory, cursor } = await changed(serverOptions);
    let isReplaced = false;
    server.fault = ({ path, query }) => {
      if (path === interfaces && query.has('virtual_machine_id') && !isReplaced) {
        isReplaced = true;
        const editor = server.as('bea');
        const address = '10.200.0.7/8';
        const id = editor.create(addresses, {
          address,
          vrf: null,
          status: { value: 'active' },
          role: null,
          assigned_object_type: 'virtualization.vminterface',
          assigned_object_id: 7,
        });
        editor.updateMachine(7, { primary_ip4: { id, address } });
        editor.remove(addresses, 70);
      }
      return false;
    };
    const changes = await inventory.fetchChanges(cursor, signal);
    const entry = changes?.entries.find(({ record }) => record.id === instanceId(7));
    expect(entry?.record.interfaces).toMatchObject([{ addresses: ['10.200.0.7/8'], gateway4: '10.255.0.1' }]);
  });

  test('records deleted between pages, and rows that come twice', async () => {
    const { server, inventory, cursor } = await changed(serverOptions);
    server.fault = nth(interfaces, 2, () => {
      for (let id = 1; id <= 15; id += 1) server.as('bea').removeMachine(id);
      return false;
    });
    const first = await inventory.fetchChanges(cursor, signal);
    server.fault = undefined;
    const next = await inventory.fetchChanges(first?.cursor ?? '', signal);
    const removed = new Set([...(first?.removed ?? []), ...(next?.removed ?? [])]);
    expect(removed.size).toBe(15);
    expect(new Set(first?.entries.map(({ record }) => record.id)).size).toBe(first?.entries.length);
    expect(next?.entries.map(({ record }) => record.id)).toEqual(
      Array.from({ length: 35 }, (_, index) => instanceId(index + 16)),
    );
  });
});
