import { afterEach, describe, expect, test } from 'vitest';
import type { InventoryChanges } from '../../../server/inventory/inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { follow, hour } from '../../harness/netbox/follow.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

const paths = {
  interfaces: 'virtualization/interfaces/',
  addresses: 'ipam/ip-addresses/',
  macAddresses: 'dcim/mac-addresses/',
  tenants: 'tenancy/tenants/',
} as const;

const names = (changes: InventoryChanges | undefined): readonly string[] | undefined =>
  changes?.entries.map(({ record }) => record.name);

describe.each([{ cursor: true }, { cursor: false }])('what changed, %o', (serverOptions) => {
  test('nothing', async () => {
    const { next, server } = await follow(sites, 30, {}, serverOptions);
    server.requests.length = 0;
    expect(await next()).toEqual({ entries: [], quarantined: [], removed: [], cursor: expect.any(String) });
    expect(server.requests.length).toBeLessThan(40);
  });

  test('a machine, an interface, an address: only the machines that they belong to', async () => {
    const { next, server } = await follow(sites, 30, {}, serverOptions);
    server.as('bea').updateMachine(3, { name: 'web-03b' });
    server.as('carl').update(paths.interfaces, 5, { mtu: 9000 });
    server.as('dora').update(paths.addresses, 70, { address: '10.7.7.7/8' });
    const changes = await next();
    expect(
      changes?.entries.map(({ record, locator, lastChange }) => [
        locator,
        record.name,
        record.interfaces[0]?.mtu,
        record.interfaces[0]?.addresses?.[0],
        lastChange,
      ]),
    ).toEqual([
      [
        'virtual-machines/3',
        'web-03b',
        undefined,
        '10.0.0.3/8',
        { by: 'bea', at: '2026-06-01T13:00:00.000Z' },
      ],
      ['virtual-machines/5', 'web-05', 9000, '10.0.0.5/8', { by: 'carl', at: '2026-06-01T13:00:00.000Z' }],
      [
        'virtual-machines/7',
        'web-07',
        undefined,
        '10.7.7.7/8',
        { by: 'dora', at: '2026-06-01T13:00:00.000Z' },
      ],
    ]);
    expect(changes?.removed).toEqual([]);
    // They were changed within the overlap of that reading.
    expect(names(await next())).toEqual(['web-03b', 'web-05', 'web-07']);
    expect(names(await next())).toEqual([]);
  });

  test('a machine that is new, and one that is deleted', async () => {
    const { next, server } = await follow(sites, 30, {}, serverOptions);
    const { machine } = server.as('bea').addMachine({
      name: 'db-01',
      serial: instanceId(99),
      address: '10.9.9.9/8',
      fields: { custom_fields: { owner: 'otto' } },
    });
    server.as('bea').removeMachine(8);
    const changes = await next();
    expect(changes?.entries).toMatchObject([
      {
        locator: `virtual-machines/${machine}`,
        record: { id: instanceId(99), name: 'db-01', owner: 'otto', creator: 'bea' },
        lastChange: { by: 'bea' },
      },
    ]);
    expect(changes?.removed).toEqual(['virtual-machines/8']);
  });

  test('an interface, an address, a MAC address that is deleted or goes to another machine', async () => {
    const { next, server } = await follow(sites, 30, {}, serverOptions);
    const editor = server.as('bea');
    editor.remove(paths.addresses, 20);
    editor.remove(paths.interfaces, 4);
    editor.update(paths.addresses, 60, { assigned_object_id: 7 });
    editor.update(paths.addresses, 90, { assigned_object_type: null, assigned_object_id: null });
    editor.update(paths.interfaces, 11, { virtual_machine: { id: 12 } });
    const changes = await next();
    expect(
      changes?.entries.map(({ record }) => [record.name, record.interfaces.map((port) => port.addresses)]),
    ).toEqual([
      ['web-02', [undefined]],
      ['web-04', []],
      ['web-06', [undefined]],
      ['web-07', [['10.0.0.7/8', '10.0.0.6/8']]],
      ['web-09', [undefined]],
      ['web-11', []],
      ['web-12', [['10.0.0.11/8'], ['10.0.0.12/8']]],
    ]);
  });

  test('a MAC address of its own', async () => {
    const { next, server } = await follow(
      sites,
      5,
      {},
      {
        ...serverOptions,
        prepare: (netbox) => {
          const id = netbox.as('bea').create(paths.macAddresses, {
            mac_address: '52:54:00:AA:BB:01',
            assigned_object_type: 'virtualization.vminterface',
            assigned_object_id: 2,
          });
          netbox.as('bea').update(paths.interfaces, 2, { primary_mac_address: { id } });
        },
      },
    );
    server.as('carl').update(paths.macAddresses, 1, { mac_address: '52:54:00:AA:BB:02' });
    const changes = await next();
    expect(changes?.entries).toMatchObject([
      { record: { name: 'web-02', interfaces: [{ mac: '52:54:00:aa:bb:02' }] }, lastChange: { by: 'carl' } },
    ]);
  });

  test('a machine that leaves the filter is removed, and one that comes into it is there', async () => {
    const { next, server } = await follow(sites, 10, { filter: [['status', 'active']] }, serverOptions);
    server.as('bea').updateMachine(3, { status: { value: 'decommissioning', label: 'Decommissioning' } });
    expect(await next()).toMatchObject({ entries: [], removed: ['virtual-machines/3'] });
    server.as('bea').updateMachine(3, { status: { value: 'active', label: 'Active' } });
    expect(await next()).toMatchObject({ entries: [{ record: { name: 'web-03' } }], removed: [] });
  });

  test('machines that took or left a UUID are judged together with the others that have it', async () => {
    const { next, server } = await follow(sites, 10, {}, serverOptions);
    server.as('bea').updateMachine(3, { serial: instanceId(4) });
    const clash = await next();
    expect(clash?.entries).toEqual([]);
    expect(clash?.quarantined.map(({ locator }) => locator)).toEqual([
      'virtual-machines/3',
      'virtual-machines/4',
    ]);
    server.as('bea').updateMachine(3, { serial: instanceId(3) });
    expect(names(await next())).toEqual(['web-03', 'web-04']);
  });
});

describe('windows overlap', () => {
  test('a change whose transaction ended after the last reading is not missed', async () => {
    const { next, server, pass } = await follow(sites, 5);
    pass(-hour);
    // Its time is before that reading, as is that of its entry in the log.
    pass(-300_000);
    server.as('bea').updateMachine(2, { name: 'late' });
    server.as('bea').removeMachine(4);
    server.as('bea').update(paths.tenants, 3, { slug: 'late' });
    pass(300_000);
    const changes = await next();
    expect(changes?.entries.map(({ record }) => [record.name, record.project])).toEqual([
      ['web-01', 'late'],
      ['late', 'late'],
      ['web-03', 'late'],
      ['web-05', 'late'],
    ]);
    expect(changes?.removed).toEqual(['virtual-machines/4']);
  });

  test('what changes while all is read is told again with the next changes', async () => {
    let isChanged = false;
    const { next } = await follow(
      sites,
      5,
      {},
      {
        prepare: (netbox) => {
          netbox.fault = ({ path, query }) => {
            if (isChanged || path !== paths.addresses || !query.has('last_updated__gte')) return false;
            isChanged = true;
            netbox.as('bea').update(paths.tenants, 3, { slug: 'shop' });
            return false;
          };
        },
      },
    );
    expect((await next())?.entries.map(({ record }) => record.project)).toEqual(Array(5).fill('shop'));
  });
});

describe('all has to be read', () => {
  test('with a cursor of another configuration, or none at all', async () => {
    const { cursor, inventory, server } = await follow(sites, 3);
    const other = sites.inventory(server, { mapping: { owner: ['custom_fields.contact'] } });
    expect(await other.fetchChanges(cursor, signal)).toBeUndefined();
    const filtered = sites.inventory(server, { filter: [['status', 'active']] });
    expect(await filtered.fetchChanges(cursor, signal)).toBeUndefined();
    for (const wrong of ['', 'x', cursor.slice(4), Buffer.from('[1,2,3]').toString('base64url')]) {
      expect(await inventory.fetchChanges(wrong, signal)).toBeUndefined();
    }
  });

  test('with a cursor older than the change log, or from a clock that went back', async () => {
    const old = await follow(sites, 3);
    old.pass(88 * 24 * hour);
    expect(await old.next()).toBeDefined();
    old.pass(90 * 24 * hour);
    expect(await old.next()).toBeUndefined();
    const back = await follow(sites, 3);
    back.pass(-3 * hour);
    expect(await back.next()).toBeUndefined();
  });

  test('where more changed than is worth asking one by one', async () => {
    const { next, server } = await follow(sites, 30, { limits: { changedMachines: 10 } });
    for (let id = 1; id <= 11; id += 1) server.as('bea').update(paths.interfaces, id, { mtu: 9000 });
    expect(await next()).toBeUndefined();
  });

  test('always, where the token may not view what tells of changes', async () => {
    const { server, inventory } = await sites.start(3);
    for (const path of ['core/object-changes/', paths.tenants, paths.macAddresses]) {
      server.fault = (request, response) => {
        if (request.path !== path || request.query.get('action') === 'create') return false;
        response.writeHead(403);
        response.end();
        return true;
      };
      const whole = await inventory.fetchAll(signal);
      expect(whole.entries).toHaveLength(3);
      expect(whole).not.toHaveProperty('cursor');
    }
  });
});
