import { afterEach, describe, expect, test } from 'vitest';
import { serviceNowUser, startServiceNow, type TableRecord } from '../../harness/cmdb/servicenow.ts';
import { exampleConfiguration, openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import type { JsonCmdbServer } from '../../harness/json-cmdb-server.ts';

const signal = new AbortController().signal;
const credentials = { kind: 'basic', ...serviceNowUser } as const;
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

function sysId(kind: string, number: number): string {
  return `${kind}${number.toString().padStart(31, '0')}`;
}

function machine(number: number, more: TableRecord = {}): TableRecord {
  return {
    sys_id: sysId('a', number),
    sys_class_name: 'cmdb_ci_vm_instance',
    object_id: instanceId(number).toUpperCase(),
    name: `WEB-${number}`,
    guest_os_fullname: 'Debian GNU/Linux 12 (64-bit)',
    environment: 'Production',
    'company.name': 'Web Shop',
    'owned_by.user_name': 'alice',
    'location.name': 'Tokyo 1',
    sys_created_by: 'carol',
    sys_created_on: '2026-01-02 03:04:05',
    sys_updated_by: 'dave',
    sys_updated_on: '2026-02-03 04:05:06',
    install_status: '1',
    ...more,
  };
}

function adapter(number: number, of: number, more: TableRecord = {}): TableRecord {
  return {
    sys_id: sysId('b', number),
    cmdb_ci: sysId('a', of),
    'cmdb_ci.sys_class_name': 'cmdb_ci_vm_instance',
    name: 'eth0',
    mac_address: `52:54:00:AB:CD:${number.toString(16).padStart(2, '0')}`,
    ip_address: `192.0.2.${number + 10}`,
    netmask: '255.255.255.0',
    ip_default_gateway: '192.0.2.1',
    dhcp_enabled: 'false',
    ...more,
  };
}

function tables(count: number): Record<string, TableRecord[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    cmdb_ci_vm_instance: numbers.map((number) => machine(number)),
    cmdb_ci_network_adapter: numbers.map((number) => adapter(number, number)),
    cmdb_rel_ci: numbers.map((number) => ({
      sys_id: sysId('c', number),
      parent: sysId('a', number),
      'child.name': 'hv-01',
      'type.name': 'Virtualized by::Virtualizes',
    })),
  };
}

async function start(content: Record<string, TableRecord[]>, pageSize = 10) {
  const server = await startServiceNow(content);
  servers.push(server);
  const config = exampleConfiguration('servicenow.yaml', pageSize);
  return { server, config, inventory: openInventory(config, server.url, credentials) };
}

describe('the ready configuration', () => {
  test('maps machine, adapters and host', async () => {
    const content = tables(1);
    content['cmdb_ci_network_adapter']?.push(
      adapter(2, 1, {
        name: 'eth1',
        ip_address: '',
        netmask: '',
        ip_default_gateway: '',
        dhcp_enabled: 'true',
      }),
    );
    const { inventory } = await start(content);
    expect(await inventory.fetchAll(signal)).toEqual({
      entries: [
        {
          locator: `https://example.service-now.com/nav_to.do?uri=cmdb_ci_vm_instance.do?sys_id=${sysId('a', 1)}`,
          lastChange: { by: 'dave', at: '2026-02-03T04:05:06.000Z' },
          record: {
            id: instanceId(1),
            name: 'web-1',
            project: 'web-shop',
            owner: 'alice',
            creator: 'carol',
            createdAt: '2026-01-02T03:04:05Z',
            site: 'tokyo-1',
            osFamily: 'debian',
            hypervisor: 'hv-01',
            tags: ['production'],
            interfaces: [
              {
                name: 'eth0',
                mac: '52:54:00:ab:cd:01',
                addresses: ['192.0.2.11/24'],
                gateway4: '192.0.2.1',
              },
              { name: 'eth1', mac: '52:54:00:ab:cd:02', addresses: [], dhcp4: true },
            ],
          },
        },
      ],
      quarantined: [],
      cursor: expect.stringMatching(/^1\.[0-9a-f]{32}\.\d+$/),
    });
  });

  test('reads every page, and leaves out what is retired or has no UUID', async () => {
    const content = tables(25);
    content['cmdb_ci_vm_instance']?.push(
      machine(26, { install_status: '7' }),
      machine(27, { object_id: '' }),
    );
    const { server, inventory } = await start(content);
    const { entries, quarantined } = await inventory.fetchAll(signal);
    expect([entries.length, quarantined]).toEqual([25, []]);
    expect(server.requests.every(({ url }) => url.searchParams.get('sysparm_limit') === '10')).toBe(true);
    expect(server.requests.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  test('looks up single machines without reading the lists', async () => {
    const { server, inventory } = await start(tables(25));
    const { entries } = await inventory.fetch([instanceId(7).toUpperCase(), instanceId(99)], signal);
    expect(entries.map(({ record }) => [record.id, record.hypervisor, record.interfaces.length])).toEqual([
      [instanceId(7), 'hv-01', 1],
    ]);
    expect(server.requests).toHaveLength(4);
  });

  test('goes by Link headers as well', async () => {
    const { server, config } = await start(tables(25));
    const list = { ...config.list, paging: { kind: 'link' as const, size: 10, total: 'X-Total-Count' } };
    const inventory = openInventory({ ...config, list }, server.url, credentials);
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(25);
  });

  test('sets a record aside by name, field and remedy', async () => {
    const content = tables(3);
    content['cmdb_ci_vm_instance']?.push(
      machine(4, { name: 'web 4' }),
      machine(5, { object_id: instanceId(1).toUpperCase() }),
    );
    const { inventory } = await start(content);
    const { entries, quarantined } = await inventory.fetchAll(signal);
    expect(entries.map(({ record }) => record.name)).toEqual(['web-2', 'web-3']);
    expect(quarantined.map(({ id, problems }) => [id, problems[0]?.source, problems[0]?.field])).toEqual([
      [instanceId(1), 'servicenow', 'id'],
      [instanceId(1), 'servicenow', 'id'],
      [instanceId(4), 'servicenow', 'name'],
    ]);
  });
});

describe('a list that changes while it is read', () => {
  test('a machine that goes hides no other', async () => {
    const content = tables(25);
    const { server, inventory } = await start(content);
    let pages = 0;
    server.fault = ({ url }) => {
      pages += url.pathname.endsWith('cmdb_ci_vm_instance') ? 1 : 0;
      if (pages === 2) content['cmdb_ci_vm_instance']?.shift();
      return false;
    };
    const { entries } = await inventory.fetchAll(signal);
    expect(entries).toHaveLength(24);
  });

  test('one that never stands still fails', async () => {
    const content = tables(40);
    const { server, inventory } = await start(content);
    server.fault = ({ url }) => {
      if (url.searchParams.get('sysparm_offset') !== '0' && url.pathname.endsWith('cmdb_ci_vm_instance')) {
        content['cmdb_ci_vm_instance']?.shift();
      }
      return false;
    };
    await expect(inventory.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('changes its list faster than it can be read'),
    });
  });
});
