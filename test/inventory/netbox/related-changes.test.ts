import { afterEach, describe, expect, test } from 'vitest';
import type { InventoryChanges } from '../../../server/inventory/inventory.ts';
import { follow } from '../../harness/netbox/follow.ts';
import { named } from '../../harness/netbox/netbox-objects.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const signal = new AbortController().signal;
const sites = netboxSites();
afterEach(() => sites.close());

const paths = {
  addresses: 'ipam/ip-addresses/',
  prefixes: 'ipam/prefixes/',
  contexts: 'extras/config-contexts/',
  tenants: 'tenancy/tenants/',
  tags: 'extras/tags/',
} as const;

const names = (changes: InventoryChanges | undefined): readonly string[] | undefined =>
  changes?.entries.map(({ record }) => record.name);

describe('what a machine is made from elsewhere', () => {
  test('a tenant: its machines, by whose change', async () => {
    const { next, server } = await follow(
      sites,
      10,
      {},
      {
        prepare: ({ lists, as }) => {
          lists[paths.tenants]?.push(named(4, 'Shop'));
          for (const id of [2, 5]) as('bea').updateMachine(id, { tenant: { id: 4, slug: 'shop' } });
        },
      },
    );
    await next();
    server.as('carl').update(paths.tenants, 4, { slug: 'store' });
    const changes = await next();
    expect(
      changes?.entries.map(({ record, lastChange }) => [record.name, record.project, lastChange?.by]),
    ).toEqual([
      ['web-02', 'store', 'carl'],
      ['web-05', 'store', 'carl'],
    ]);
    expect(names(await next())).toEqual([]);
  });

  test('a tag that is renamed; one that is deleted makes all be read', async () => {
    const { next, server } = await follow(
      sites,
      5,
      {},
      {
        prepare: ({ lists, as }) => {
          lists[paths.tags]?.push(named(2, 'Old'));
          as('bea').updateMachine(2, { tags: [{ id: 2, slug: 'old' }] });
        },
      },
    );
    await next();
    server.as('carl').update(paths.tags, 2, { slug: 'new' });
    const changes = await next();
    expect(changes?.entries.map(({ record }) => [record.name, record.tags])).toEqual([['web-02', ['new']]]);
    server.as('carl').remove(paths.tags, 2);
    expect(await next()).toBeUndefined();
  });

  test('one deleted and one made in the meantime', async () => {
    const { next, server } = await follow(sites, 5);
    server.as('carl').remove(paths.tags, 1);
    server.as('carl').create(paths.tags, { name: 'Next', slug: 'next' });
    expect(await next()).toBeUndefined();
  });

  test('a prefix: the machines with an address in just this network', async () => {
    const { next, server } = await follow(
      sites,
      10,
      { mapping: { gateway4: ['prefix.custom_fields.gateway'] } },
      {
        prepare: ({ as }) => {
          as('bea').create(paths.prefixes, {
            prefix: '10.0.0.0/8',
            vrf: null,
            custom_fields: { gateway: '10.1.1.1' },
          });
          as('bea').create(paths.prefixes, { prefix: '192.0.2.0/24', vrf: null, custom_fields: {} });
          as('bea').update(paths.addresses, 40, { address: '192.0.2.4/24' });
        },
      },
    );
    await next();
    server.as('carl').update(paths.prefixes, 2, { custom_fields: { gateway: '192.0.2.1' } });
    const changes = await next();
    expect(
      changes?.entries.map(({ record, lastChange }) => [
        record.name,
        record.interfaces[0]?.gateway4,
        lastChange?.by,
      ]),
    ).toEqual([['web-04', '192.0.2.1', 'carl']]);
    server.as('dora').remove(paths.prefixes, 2);
    expect((await next())?.entries).toMatchObject([
      { record: { name: 'web-04' }, lastChange: { by: 'dora' } },
    ]);
  });

  test('a config context makes all be read, once; without one in the mapping it is not asked for', async () => {
    const mapping = { dnsServers: ['vm.config_context.dns'] };
    const { inventory, server, cursor, pass } = await follow(sites, 5, { mapping });
    server.as('carl').create(paths.contexts, { data: { dns: ['192.0.2.53'] } });
    pass(1000);
    expect(await inventory.fetchChanges(cursor, signal)).toBeUndefined();
    pass(1000);
    const whole = await inventory.fetchAll(signal);
    expect(whole.entries[0]?.record.dns).toEqual({ servers: ['192.0.2.53'] });
    pass(1000);
    const after = await inventory.fetchChanges(whole.cursor ?? '', signal);
    expect(after).toMatchObject({ entries: [], removed: [] });
    server.as('carl').remove(paths.contexts, 1);
    pass(1000);
    expect(await inventory.fetchChanges(after?.cursor ?? '', signal)).toBeUndefined();

    const other = await follow(sites, 5);
    await other.next();
    expect(other.server.requests.some(({ path }) => path === paths.contexts)).toBe(false);
  });

  test('a tenant by which the filter lets machines through', async () => {
    const { next, server } = await follow(sites, 3, {
      filter: [['tenant', 'web']],
      mapping: { project: [] },
    });
    server.as('carl').update(paths.tenants, 3, { slug: 'other' });
    expect((await next())?.removed).toEqual([1, 2, 3].map((id) => `virtual-machines/${id}`));
  });
});
