import { afterEach, expect, test } from 'vitest';
import type { Inventory } from '../../../server/inventory/inventory.ts';
import { type ITopChange, type ITopMachine, iTopUser, startITop } from '../../harness/cmdb/itop.ts';
import { type RalphObject, ralphToken, startRalph } from '../../harness/cmdb/ralph.ts';
import { serviceNowUser, startServiceNow, type TableRecord } from '../../harness/cmdb/servicenow.ts';
import { exampleConfiguration, openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import type { JsonCmdbServer } from '../../harness/json-cmdb-server.ts';

const signal = new AbortController().signal;
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const long = '2026-01-02 03:04:05';
const now = (): string => new Date().toISOString().slice(0, 19).replace('T', ' ');
const numbers = [1, 2, 3, 4, 5, 6];

/** Names that changed, and what stands at the end of the locators of what is gone, after a whole reading. */
async function after(inventory: Inventory, change: () => void) {
  const { cursor = '', entries } = await inventory.fetchAll(signal);
  expect(entries).toHaveLength(numbers.length);
  expect(await inventory.fetchChanges?.(cursor, signal)).toMatchObject({ entries: [], removed: [] });
  change();
  const changes = await inventory.fetchChanges?.(cursor, signal);
  expect(changes?.quarantined).toEqual([]);
  return {
    changed: changes?.entries.map(({ record }) => record.name).toSorted(),
    gone: changes?.removed.map((locator) => /(\d+)\/?$/.exec(locator)?.[1]).toSorted(),
  };
}

test('ServiceNow: machines, adapters, hosts, and what is retired or deleted', async () => {
  const sysId = (kind: string, number: number): string => `${kind}${number.toString().padStart(31, '0')}`;
  const machines = numbers.map(
    (number): TableRecord => ({
      sys_id: sysId('a', number),
      object_id: instanceId(number),
      name: `WEB-${number}`,
      guest_os_fullname: 'Debian',
      install_status: '1',
      sys_updated_by: 'dave',
      sys_updated_on: long,
    }),
  );
  const adapters = numbers.map(
    (number): TableRecord => ({
      sys_id: sysId('b', number),
      cmdb_ci: sysId('a', number),
      'cmdb_ci.sys_class_name': 'cmdb_ci_vm_instance',
      mac_address: `52:54:00:00:00:0${number}`,
      sys_updated_on: long,
    }),
  );
  const hosts: TableRecord[] = [];
  const deleted: TableRecord[] = [];
  const server = await startServiceNow({
    cmdb_ci_vm_instance: machines,
    cmdb_ci_network_adapter: adapters,
    cmdb_rel_ci: hosts,
    sys_audit_delete: deleted,
  });
  servers.push(server);
  const config = exampleConfiguration('servicenow.yaml', 10);
  const inventory = openInventory(config, server.url, { kind: 'basic', ...serviceNowUser });

  const { changed, gone } = await after(inventory, () => {
    Object.assign(machines[0] ?? {}, { name: 'DB-1', sys_updated_by: 'erin', sys_updated_on: now() });
    Object.assign(adapters[1] ?? {}, {
      ip_address: '192.0.2.7',
      netmask: '255.255.255.0',
      sys_updated_on: now(),
    });
    hosts.push({
      sys_id: sysId('c', 3),
      parent: sysId('a', 3),
      'child.name': 'hv-02',
      'type.name': 'Virtualized by::Virtualizes',
      sys_updated_on: now(),
    });
    Object.assign(machines[3] ?? {}, { install_status: '7', sys_updated_on: now() });
    machines.splice(4, 1);
    deleted.push({
      sys_id: sysId('d', 1),
      tablename: 'cmdb_ci_vm_instance',
      documentkey: sysId('a', 5),
      sys_created_on: now(),
    });
  });
  expect(changed).toEqual(['db-1', 'web-2', 'web-3']);
  expect(gone?.map(Number)).toEqual([4, 5]);

  const named = await inventory.fetchNamed('db-1', signal);
  expect(named.entries.map(({ record, lastChange }) => [record.id, lastChange?.by])).toEqual([
    [instanceId(1), 'erin'],
  ]);
});

test('iTop: its change log, deletions among it', async () => {
  const machines = numbers.map(
    (number): ITopMachine => ({
      id: number,
      name: `WEB-${number}`,
      uuid: instanceId(number),
      status: 'production',
      osfamily_name: 'Debian',
      logicalinterface_list: [],
    }),
  );
  const log: ITopChange[] = [{ id: 1, objclass: 'VirtualMachine', objkey: 6, date: long }];
  const server = await startITop(machines, log);
  servers.push(server);
  const config = exampleConfiguration('itop.yaml', 10);
  const inventory = openInventory(config, server.url, { kind: 'basic', ...iTopUser });

  const noted = (objkey: number, objclass = 'VirtualMachine'): void => {
    log.push({ id: log.length + 1, objclass, objkey, date: now() });
  };
  const { changed, gone } = await after(inventory, () => {
    machines[0] = { ...machines[0], id: 1, name: 'DB-1' };
    noted(1);
    noted(1);
    machines[1] = { ...machines[1], id: 2, status: 'obsolete' };
    noted(2);
    machines.splice(2, 1);
    noted(3);
    noted(4, 'Server');
  });
  expect(changed).toEqual(['db-1']);
  expect(gone).toEqual(['2', '3']);
  expect((await inventory.fetchNamed('web-5', signal)).entries.map(({ record }) => record.id)).toEqual([
    instanceId(5),
  ]);
});

test('Ralph: virtual servers and addresses', async () => {
  const modified = '2026-01-02T03:04:05.123456Z';
  const list = numbers.map(
    (number): RalphObject => ({
      id: number,
      sn: instanceId(number),
      hostname: `web-${number}`,
      configuration_path: { module: { name: 'debian' } },
      tags: [],
      ethernet: [{ id: number * 10, mac: `52:54:00:00:00:0${number}` }],
      modified,
    }),
  );
  const addresses = numbers.map(
    (number): RalphObject => ({
      id: number,
      address: `192.0.2.${number + 10}`,
      network: { id: 1, address: '192.0.2.0/24' },
      ethernet: { id: number * 10, mac: `52:54:00:00:00:0${number}`, base_object: { id: number } },
      modified,
    }),
  );
  const server = await startRalph({ 'virtual-servers': list, ipaddresses: addresses });
  servers.push(server);
  const config = exampleConfiguration('ralph.yaml', 10);
  const inventory = openInventory(config, server.url, { kind: 'bearer', scheme: 'Token', token: ralphToken });

  const { changed, gone } = await after(inventory, () => {
    list[0] = { ...list[0], id: 1, hostname: 'db-1', modified: new Date().toISOString() };
    addresses[1] = { ...addresses[1], id: 2, address: '192.0.2.99', modified: new Date().toISOString() };
    list[2] = { ...list[2], id: 3, sn: null, modified: new Date().toISOString() };
  });
  expect(changed).toEqual(['db-1', 'web-2']);
  expect(gone).toEqual(['3']);
  const named = await inventory.fetchNamed('web-4', signal);
  expect(named.entries.map(({ lastChange }) => lastChange)).toEqual([{ at: '2026-01-02T03:04:05.123Z' }]);
});
