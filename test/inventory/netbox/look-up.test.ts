import { afterEach, expect, test } from 'vitest';
import { instanceId } from '../../harness/inventory-file.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

test.each([{ cursor: true }, { cursor: false }])('one machine by its name, %o', async (serverOptions) => {
  const { inventory, server } = await sites.start(200, {}, serverOptions);
  const { entries, quarantined } = await inventory.fetchNamed('web-150', signal);
  expect(entries).toMatchObject([
    {
      locator: 'virtual-machines/150',
      record: { id: instanceId(150), interfaces: [{ addresses: ['10.0.0.150/8'] }], creator: 'claire' },
    },
  ]);
  expect(quarantined).toEqual([]);
  // A VM waits for it: few requests, each for just this machine.
  expect(server.requests.length).toBeLessThanOrEqual(6);
  const narrow = ['name', 'id', 'virtual_machine_id', 'changed_object_id', 'prefix'];
  expect(server.requests.every(({ query }) => narrow.some((name) => query.has(name)))).toBe(true);
});

test('a name that nobody has, that is none, or that is not quite it', async () => {
  const { inventory, server } = await sites.start(3);
  for (const name of ['web-09', 'WEB-01', 'web-0', 'web-01&status=planned', '*', 'web-01\n']) {
    expect(await inventory.fetchNamed(name, signal)).toEqual({ entries: [], quarantined: [] });
  }
  server.requests.length = 0;
  for (const name of ['', 'x'.repeat(256)]) {
    expect(await inventory.fetchNamed(name, signal)).toEqual({ entries: [], quarantined: [] });
  }
  expect(server.requests).toEqual([]);
});

test('all machines of one name, as NetBox lets clusters have the same; wrong ones are told', async () => {
  const { inventory, server } = await sites.start(3);
  server.as('bea').updateMachine(2, { name: 'web-01' });
  server.as('bea').updateMachine(3, { name: 'web-01', serial: '' });
  const { entries, quarantined } = await inventory.fetchNamed('web-01', signal);
  expect(entries.map(({ record }) => record.id)).toEqual([instanceId(1), instanceId(2)]);
  expect(quarantined.map(({ locator }) => locator)).toEqual(['virtual-machines/3']);
});

test('a name in a custom field', async () => {
  const { inventory, server } = await sites.start(3, { mapping: { name: ['custom_fields.fqdn', 'name'] } });
  server.as('bea').updateMachine(2, { custom_fields: { fqdn: 'shop.example.net' } });
  const { entries } = await inventory.fetchNamed('shop.example.net', signal);
  expect(entries.map(({ record }) => record.id)).toEqual([instanceId(2)]);
  // Its NetBox name is not its name.
  expect((await inventory.fetchNamed('web-02', signal)).entries).toEqual([]);
});

test('only among the machines that the filter lets through', async () => {
  const { inventory } = await sites.start(3, {
    filter: [
      ['name', 'web-01'],
      ['name', 'web-02'],
      ['serial', instanceId(1)],
      ['serial', instanceId(2)],
    ],
  });
  expect((await inventory.fetchNamed('web-02', signal)).entries).toHaveLength(1);
  expect((await inventory.fetchNamed('web-03', signal)).entries).toEqual([]);
  expect((await inventory.fetch([instanceId(1), instanceId(3)], signal)).entries).toHaveLength(1);
});

test('a deadline ends the look-up', async () => {
  const { inventory, server } = await sites.start(3);
  const deadline = new AbortController();
  server.fault = () => {
    deadline.abort(new Error('the machine waited long enough'));
    return true;
  };
  await expect(inventory.fetchNamed('web-01', deadline.signal)).rejects.toMatchObject({
    code: 'inventory-unavailable',
  });
});
