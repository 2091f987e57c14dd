import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createFileInventory } from '../../../server/inventory/file/file-inventory.ts';
import { createMergedInventory } from '../../../server/inventory/merged/merged-inventory.ts';
import { createNetboxInventory } from '../../../server/inventory/netbox/netbox-inventory.ts';
import { checkedConfiguration, openInventory } from '../../harness/http-json-inventory.ts';
import { instanceRecord, makeInventoryFolder } from '../../harness/inventory-file.ts';
import { startJsonCmdb } from '../../harness/json-cmdb-server.ts';
import { netboxLists } from '../../harness/netbox/netbox-objects.ts';
import { sendJson, startNetboxServer, testToken } from '../../harness/netbox/netbox-server.ts';
import type { CmdbMachine, InventoryBackend } from './inventory-backend.ts';

const validators = createValidators();

/** One JSON file. */
const file: InventoryBackend = {
  name: 'file',
  async open(machines) {
    const folder = await makeInventoryFolder();
    const path = join(folder.path, 'machines.json');
    const present = new Map(machines.map((machine) => [machine.number, machine]));
    const write = () => writeFile(path, JSON.stringify([...present.values()].map(recordOf)));
    await write();
    return {
      inventory: createFileInventory({ name: 'cmdb', path, validators }),
      async put(machine) {
        present.set(machine.number, machine);
        await write();
      },
      async remove(number) {
        present.delete(number);
        await write();
      },
      breakDown: () => rm(path),
      close: () => folder.remove(),
    };
  },
};

/** The stand-in for NetBox. */
const netbox: InventoryBackend = {
  name: 'netbox',
  async open(machines) {
    // Every change comes a minute after the reading before.
    let now = Date.parse('2026-06-01T12:00:00Z');
    const server = await startNetboxServer(netboxLists(0), { now: () => new Date(now) });
    const editor = server.as('bea');
    const ids = new Map<number, number>();
    const put = ({ number, id, name }: CmdbMachine): void => {
      const known = ids.get(number);
      if (known === undefined) {
        const address = `192.0.2.1${number}/24`;
        ids.set(number, editor.addMachine({ name, serial: id, address }).machine);
      } else editor.updateMachine(known, { name, serial: id });
    };
    for (const machine of machines) put(machine);
    return {
      inventory: createNetboxInventory(
        { name: 'cmdb', url: server.url, token: testToken, validators, clock: systemClock },
        { limits: { retryPauseMs: 1 } },
      ),
      async put(machine) {
        now += 60_000;
        put(machine);
      },
      async remove(number) {
        now += 60_000;
        editor.removeMachine(ids.get(number) ?? 0);
      },
      async breakDown() {
        server.fault = (_, response) => {
          sendJson(response, { detail: 'Server Error' }, 500);
          return true;
        };
      },
      close: () => server.close(),
    };
  },
};

/** A small JSON API with changes, deletions and look-ups. */
const httpJson: InventoryBackend = {
  name: 'http-json',
  async open(machines) {
    interface Row extends CmdbMachine {
      readonly changed: number;
    }
    let time = Date.now();
    const rows = new Map<number, Row>(
      machines.map((machine) => [machine.number, { ...machine, changed: 0 }]),
    );
    const deleted: { readonly number: number; readonly changed: number }[] = [];
    const server = await startJsonCmdb(({ url }) => {
      const { searchParams: query } = url;
      const since = query.get('since');
      const isNew = ({ changed }: { readonly changed: number }) =>
        since === null || changed >= Date.parse(since);
      const keys = query.get('keys')?.split(',');
      if (url.pathname === '/api/deleted') return { value: deleted.filter(isNew) };
      return {
        value: [...rows.values()].filter(
          (row) =>
            isNew(row) &&
            (keys === undefined || keys.includes(String(row.number))) &&
            row.id === (query.get('id') ?? row.id) &&
            row.name === (query.get('name') ?? row.name),
        ),
      };
    });
    const machinesBy = (parameter: string, value: string) => ({
      path: 'machines',
      query: { [parameter]: value },
      records: '',
    });
    const config = checkedConfiguration({
      name: 'cmdb',
      kind: 'http-json',
      url: 'http://127.0.0.1/api',
      key: '/number',
      list: { path: 'machines', records: '' },
      lookup: machinesBy('id', '{id}'),
      lookupByName: machinesBy('name', '{name}'),
      changes: {
        since: 'iso',
        overlapSeconds: 10,
        touched: {
          machines: { list: machinesBy('since', '{since}'), key: '/number' },
          deleted: { list: { ...machinesBy('since', '{since}'), path: 'deleted' }, key: '/number' },
        },
        lookup: machinesBy('keys', '{keys}'),
      },
      mapping: { id: 'id', name: 'name', osFamily: '"debian"', tags: '[]', interfaces: '[]' },
    });
    return {
      inventory: openInventory(config, server.url, { kind: 'none' }),
      async put(machine) {
        time += 60_000;
        rows.set(machine.number, { ...machine, changed: time });
      },
      async remove(number) {
        time += 60_000;
        rows.delete(number);
        deleted.push({ number, changed: time });
      },
      async breakDown() {
        server.fault = (_, response) => {
          response.writeHead(500).end();
          return true;
        };
      },
      close: () => server.close(),
    };
  },
};

/** Two files as one. */
const merged: InventoryBackend = {
  name: 'merged',
  async open(machines) {
    const first = await file.open(machines);
    const second = await file.open(machines);
    const both = async (work: (cmdb: typeof first) => Promise<void>): Promise<void> => {
      await work(first);
      await work(second);
    };
    return {
      inventory: createMergedInventory({
        name: 'cmdb',
        inventories: [first.inventory, { ...second.inventory, name: 'other', sources: ['other'] }],
        precedence: { lists: 'first', fields: {} },
      }),
      put: (machine) => both((cmdb) => cmdb.put(machine)),
      remove: (number) => both((cmdb) => cmdb.remove(number)),
      breakDown: () => second.breakDown(),
      close: () => both((cmdb) => cmdb.close()),
    };
  },
};

function recordOf({ number, id, name }: CmdbMachine): Readonly<Record<string, unknown>> {
  return instanceRecord(number, { id, name });
}

/** Every adapter. */
export const backends: readonly InventoryBackend[] = [file, netbox, httpJson, merged];
