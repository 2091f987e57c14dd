import { afterEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createNetboxInventory } from '../../../server/inventory/netbox/netbox-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { ipAddress, objectChange, virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

const machines = 'virtualization/virtual-machines/';

describe.each([{ cursor: true }, { cursor: false }])('reading all, %o', (serverOptions) => {
  test('gives each machine with all that NetBox knows of it', async () => {
    const { inventory } = await sites.start(1, {}, serverOptions);
    expect(await inventory.fetchAll(signal)).toEqual({
      entries: [
        {
          locator: 'virtual-machines/1',
          lastChange: { by: 'claire', at: '2026-01-02T03:04:05.123Z' },
          record: {
            id: instanceId(1),
            name: 'web-01',
            project: 'web',
            owner: 'anna',
            creator: 'claire',
            createdAt: '2026-01-02T03:04:05.123456Z',
            site: 'berlin-1',
            hypervisor: 'hv-07',
            osFamily: 'debian',
            tags: ['front-end'],
            interfaces: [
              {
                name: 'eth0',
                mac: '52:54:00:00:00:01',
                addresses: ['10.0.0.1/8'],
                gateway4: '10.255.0.1',
              },
            ],
          },
        },
      ],
      quarantined: [],
      cursor: expect.any(String),
    });
  });

  test('over many pages, smaller than asked for', async () => {
    const { inventory, server } = await sites.start(
      95,
      { limits: { pageSize: 40 } },
      { ...serverOptions, maximumPageSize: 20 },
    );
    const { entries, quarantined } = await inventory.fetchAll(signal);
    expect(quarantined).toEqual([]);
    expect(entries.map(({ record }) => record.id)).toEqual(
      Array.from({ length: 95 }, (_, index) => instanceId(index + 1)),
    );
    expect(server.requests.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  test('an empty NetBox is an empty snapshot', async () => {
    const { inventory } = await sites.start(0, {}, serverOptions);
    expect(await inventory.fetchAll(signal)).toEqual({
      entries: [],
      quarantined: [],
      cursor: expect.any(String),
    });
  });
});

describe('reading some', () => {
  test('asks for just these, whatever the case of their UUIDs, and leaves out what is not there', async () => {
    const { inventory, server } = await sites.start(30);
    server.lists[machines]?.splice(4, 1, virtualMachine(5, { serial: instanceId(5).toUpperCase() }));
    const { entries } = await inventory.fetch(
      [instanceId(3), instanceId(5).toUpperCase(), instanceId(99)],
      signal,
    );
    expect(entries.map(({ record }) => [record.id, record.creator, record.interfaces.length])).toEqual([
      [instanceId(3), 'claire', 1],
      [instanceId(5), 'claire', 1],
    ]);
    expect(server.requests.every(({ query }) => query.size > 2)).toBe(true);
  });

  test('asks nothing for nothing, and keeps request lines short for many', async () => {
    const { inventory, server } = await sites.start(300);
    expect(await inventory.fetch([], signal)).toEqual({ entries: [], quarantined: [] });
    expect(server.requests).toEqual([]);
    const ids = Array.from({ length: 300 }, (_, index) => instanceId(index + 1));
    expect((await inventory.fetch(ids, signal)).entries).toHaveLength(300);
    expect(Math.max(...server.requests.map(({ query }) => query.toString().length))).toBeLessThan(3500);
  });

  test('a UUID in a custom field', async () => {
    const { inventory, server } = await sites.start(2, { mapping: { id: ['custom_fields.uuid', 'serial'] } });
    server.lists[machines]?.splice(
      0,
      1,
      virtualMachine(1, { serial: 'SN-1', custom_fields: { uuid: instanceId(8), gateway4: null } }),
    );
    expect((await inventory.fetch([instanceId(8), instanceId(2)], signal)).entries).toHaveLength(2);
  });

  test('two machines with the same UUID are both set aside', async () => {
    const { inventory, server } = await sites.start(2);
    server.lists[machines]?.push(virtualMachine(3, { serial: instanceId(2) }));
    for (const { entries, quarantined } of [
      await inventory.fetch([instanceId(2)], signal),
      await inventory.fetchAll(signal),
    ]) {
      expect(entries.some(({ record }) => record.id === instanceId(2))).toBe(false);
      expect(quarantined.map(({ problems }) => problems[0])).toEqual([
        expect.objectContaining({
          record: 'virtual-machines/2 (web-02)',
          field: 'id',
          message: 'is also that of virtual-machines/3 (web-03)',
        }),
        expect.objectContaining({ record: 'virtual-machines/3 (web-03)' }),
      ]);
    }
  });
});

test('only the machines that the filter lets through', async () => {
  const { inventory, server } = await sites.start(3, {
    filter: [
      ['status', 'active'],
      ['status', 'staged'],
    ],
  });
  server.lists[machines]?.push(virtualMachine(4, { status: { value: 'planned', label: 'Planned' } }));
  expect((await inventory.fetchAll(signal)).entries).toHaveLength(3);
  expect((await inventory.fetch([instanceId(4)], signal)).entries).toEqual([]);
});

test('a record that is wrong is set aside with record, field and remedy, and the others go on', async () => {
  const { inventory, server } = await sites.start(1);
  server.lists[machines]?.push(
    virtualMachine(2, { serial: '' }),
    virtualMachine(3, { platform: null }),
    virtualMachine(4, { name: 'x\nroot ALL=(ALL) ALL' }),
    virtualMachine(5),
    virtualMachine(6, { tenant: { id: 1, slug: { nested: true } } }),
  );
  server.lists['virtualization/interfaces/']?.push(
    vmInterface(50, 5, { mac_address: null, primary_mac_address: null }),
  );
  const { entries, quarantined } = await inventory.fetchAll(signal);
  expect(entries.map(({ record }) => record.name)).toEqual(['web-01']);
  expect(quarantined.map(({ id, problems }) => [id, problems[0]?.record, problems[0]?.field])).toEqual([
    [undefined, 'virtual-machines/2 (web-02)', 'serial'],
    [instanceId(3), 'virtual-machines/3 (web-03)', 'platform.slug'],
    [instanceId(4), String.raw`virtual-machines/4 (x\u{a}root ALL=(ALL) ALL)`, 'name'],
    [instanceId(5), 'virtual-machines/5 (web-05)', 'interfaces/50 (eth0).mac_address'],
    [instanceId(6), 'virtual-machines/6 (web-06)', 'tenant.slug'],
  ]);
  expect(
    quarantined.every(({ problems }) => problems.every(({ source, remedy }) => source === 'cmdb' && remedy)),
  ).toBe(true);
});

test('who created a machine is asked of the change log only where the mapping says so', async () => {
  const { inventory, server } = await sites.start(2);
  server.lists['core/object-changes/']?.push(
    objectChange(90, 1, 'mallory', { action: { value: 'update', label: 'Updated' } }),
    objectChange(91, 1, 'mallory', { changed_object_type: 'dcim.device' }),
  );
  server.lists[machines]?.splice(1, 1, virtualMachine(2, { custom_fields: { creator: 'otto' } }));
  const { entries } = await inventory.fetchAll(signal);
  expect(entries.map(({ record }) => record.creator)).toEqual(['claire', 'otto']);

  const other = await sites.start(1, { mapping: { creator: ['custom_fields.creator'] } });
  await other.inventory.fetchAll(signal);
  expect(other.server.requests.some(({ query }) => query.get('action') === 'create')).toBe(false);
});

describe('a configuration that cannot work is refused before anything is sent', () => {
  const create = (url: string, token: string) => () =>
    createNetboxInventory({ name: 'cmdb', url, token, validators: createValidators(), clock: systemClock });

  test.each([
    ['http://netbox.example.net/', '0'.repeat(40), 'plain text'],
    ['http://169.254.169.254/', '0'.repeat(40), 'plain text'],
    ['ftp://netbox.example.net/', '0'.repeat(40), 'no URL of a web server'],
    ['https://anna:pass@netbox.example.net/', '0'.repeat(40), 'more than host'],
    ['https://netbox.example.net/?x=1', '0'.repeat(40), 'more than host'],
    ['https://netbox.example.net/', 's3cret', 'no NetBox token'],
    ['https://netbox.example.net/', `${'0'.repeat(40)}\r\nX-Evil: 1`, 'no NetBox token'],
  ])('%s, case %#', (url, token, message) => {
    expect(create(url, token)).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', message: expect.stringContaining(message) }),
    );
    expect(create(url, token)).not.toThrow(
      expect.objectContaining({ message: expect.stringContaining(token) }),
    );
  });
});

test('a version 1 token goes with its own scheme', async () => {
  const token = '0123456789abcdef0123456789abcdef01234567';
  const { server } = await sites.start(1, {}, { tokens: [`Token ${token}`] });
  const inventory = createNetboxInventory({
    name: 'cmdb',
    url: server.url,
    token,
    validators: createValidators(),
    clock: systemClock,
  });
  expect((await inventory.fetchAll(signal)).entries).toHaveLength(1);
});

test('addresses of devices are none of ours', async () => {
  const { inventory, server } = await sites.start(1);
  server.lists['ipam/ip-addresses/']?.push(
    ipAddress(77, 1, 1, { assigned_object_type: 'dcim.interface', address: '10.9.9.9/8' }),
  );
  expect((await inventory.fetchAll(signal)).entries[0]?.record.interfaces[0]?.addresses).toEqual([
    '10.0.0.1/8',
  ]);
});
