import { afterEach, describe, expect, test } from 'vitest';
import type { HttpJsonInventoryConfiguration } from '../../../schemas/types/server-configuration.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import type { HttpJsonCredentials } from '../../../server/inventory/http-json/credentials.ts';
import type { HttpJsonLimits } from '../../../server/inventory/http-json/limits.ts';
import type { Inventory, InventoryChanges } from '../../../server/inventory/inventory.ts';
import { checkedConfiguration, openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { type JsonCmdbServer, startJsonCmdb } from '../../harness/json-cmdb-server.ts';

const signal = new AbortController().signal;
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

interface Machine {
  readonly key: string;
  readonly uuid: string;
  readonly name: string;
  readonly by?: unknown;
  readonly at?: unknown;
}

const machine = (number: number, more: Partial<Machine> = {}): Machine => ({
  key: `k${number}`,
  uuid: instanceId(number),
  name: `web-${number}`,
  ...more,
});

const none: HttpJsonCredentials = { kind: 'none' };
const hour = 3_600_000;

function configuration(more: Readonly<Record<string, unknown>> = {}): HttpJsonInventoryConfiguration {
  return checkedConfiguration({
    name: 'cmdb',
    kind: 'http-json',
    url: 'http://localhost/api',
    key: '/key',
    list: { path: 'vms', records: '' },
    lookup: { path: 'vms', query: { uuid: '{id}' }, records: '' },
    lookupByName: { path: 'vms', query: { name: '{name}' }, records: '' },
    changes: {
      since: 'seconds',
      touched: { log: { list: { path: 'log', query: { since: '{since}' }, records: '' }, key: '/of' } },
      lookup: { path: 'vms', query: { keys: '{keys}' }, records: '' },
      batchSize: 2,
    },
    mapping: { id: 'uuid', name: 'name', osFamily: '"debian"', changedBy: 'by', changedAt: 'at' },
    ...more,
  });
}

/** A CMDB with a log of keys; all of the log is given for any time. */
async function start(machines: Machine[], log: unknown[], limits: Partial<HttpJsonLimits> = {}) {
  const server = await startJsonCmdb(({ url }) => {
    if (url.pathname === '/api/log') return { value: log };
    const wanted = (name: string, value: string): boolean =>
      url.searchParams.get(name)?.split(',').includes(value) !== false;
    return {
      value: machines.filter(
        ({ key, uuid, name }) => wanted('keys', key) && wanted('uuid', uuid) && wanted('name', name),
      ),
    };
  });
  servers.push(server);
  return { server, inventory: openInventory(configuration(), server.url, none, limits) };
}

async function cursorOf(inventory: Inventory): Promise<string> {
  const { cursor } = await inventory.fetchAll(signal);
  if (cursor === undefined) throw new Error('no cursor');
  return cursor;
}

async function changesOf(inventory: Inventory, cursor: string): Promise<InventoryChanges> {
  const changes = await inventory.fetchChanges?.(cursor, signal);
  if (changes === undefined) throw new Error('no changes');
  return changes;
}

const sinceOf = ({ requests }: JsonCmdbServer): number =>
  Number(requests.findLast(({ url }) => url.pathname === '/api/log')?.url.searchParams.get('since'));

describe('changes', () => {
  test('are what the look-up says of each key, once, however often the log names it', async () => {
    const machines = [1, 2, 3, 4].map((number) => machine(number));
    const log: unknown[] = [];
    const { inventory } = await start(machines, log);
    const cursor = await cursorOf(inventory);
    expect(await changesOf(inventory, cursor)).toMatchObject({ entries: [], quarantined: [], removed: [] });

    machines[1] = machine(2, { name: 'db-2' });
    machines[2] = machine(3, { name: 'not a name' });
    machines.pop();
    log.push({ of: 'k2' }, { of: 'k2', id: 2 }, { of: 'k3' }, { of: 'k4' }, { of: '' }, { of: null }, {});
    const changes = await changesOf(inventory, cursor);
    expect(changes.entries.map(({ record }) => record.name)).toEqual(['db-2']);
    expect(changes.quarantined.map(({ id, locator }) => [id, locator])).toEqual([[instanceId(3), 'key k3']]);
    expect(changes.removed).toEqual(['key k4']);
    // Windows overlap: the same once more.
    expect((await changesOf(inventory, changes.cursor)).removed).toEqual(['key k4']);
  });

  test('notice that a machine took the UUID of another, which did not change', async () => {
    const machines = [machine(1), machine(2)];
    const log: unknown[] = [];
    const { inventory } = await start(machines, log);
    const cursor = await cursorOf(inventory);
    machines[1] = machine(2, { uuid: instanceId(1) });
    log.push({ of: 'k2' });
    const { entries, quarantined } = await changesOf(inventory, cursor);
    expect(entries).toEqual([]);
    expect(quarantined.map(({ id, locator }) => [id, locator])).toEqual([
      [instanceId(1), 'key k2'],
      [instanceId(1), 'key k1'],
    ]);
  });

  test('take no answer that was cut short for a removal, and no record that was not asked for', async () => {
    const machines = [machine(1), machine(2), machine(3)];
    const { server, inventory } = await start(machines, [{ of: 'k1' }, { of: 'k2' }]);
    const cursor = await cursorOf(inventory);
    server.fault = ({ url }, response) => {
      if (url.searchParams.get('keys') !== 'k1,k2') return false;
      response.end(JSON.stringify([machines[2], machines[0]]));
      return true;
    };
    const { entries, removed } = await changesOf(inventory, cursor);
    expect(entries.map(({ record }) => record.name)).toEqual(['web-1', 'web-2']);
    expect(removed).toEqual([]);
  });

  test.each([
    ['many', Array.from({ length: 4 }, (_, index) => ({ of: `k${index}` }))],
    ['a key that could change a query', [{ of: "k1' OR '1'='1" }]],
    ['a key with a line break', [{ of: 'k1\n' }]],
    ['a key that is too long', [{ of: 'k'.repeat(200) }]],
  ])('are not told, but all is to be read, where there are %s', async (_, log) => {
    const { server, inventory } = await start([machine(1)], log, { changes: 3 });
    const cursor = await cursorOf(inventory);
    server.requests.length = 0;
    expect(await inventory.fetchChanges?.(cursor, signal)).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  test.each(['log', 'vms'])('fail as a whole if %s fails', async (path) => {
    const { server, inventory } = await start([machine(1)], [{ of: 'k1' }], { retries: 0 });
    const cursor = await cursorOf(inventory);
    server.fault = ({ url }, response) => {
      if (!url.pathname.endsWith(path)) return false;
      response.writeHead(500).end();
      return true;
    };
    await expect(inventory.fetchChanges?.(cursor, signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
    });
  });

  test('are not promised where none are configured', async () => {
    const { changes: _, ...without } = configuration();
    const { server } = await start([machine(1)], []);
    const inventory = openInventory(without, server.url, none);
    expect(inventory).not.toHaveProperty('fetchChanges');
    expect(await inventory.fetchAll(signal)).not.toHaveProperty('cursor');
  });
});

describe('the cursor', () => {
  test.each([
    ['ahead of ours', 2 * hour, 300],
    ['behind ours', -hour, 3_900],
  ])('goes by the earlier clock, the overlap before the first question: CMDB %s', async (_, ahead, back) => {
    const { server, inventory } = await start([machine(1)], []);
    server.fault = (_request, response) => {
      response.setHeader('date', new Date(Date.now() + ahead).toUTCString());
      return false;
    };
    const before = Date.now() / 1000;
    const cursor = await cursorOf(inventory);
    const after = Date.now() / 1000;
    await changesOf(inventory, cursor);
    expect(sinceOf(server)).toBeGreaterThanOrEqual(Math.floor(before - back) - 2);
    expect(sinceOf(server)).toBeLessThanOrEqual(Math.ceil(after - back));
  });

  test('is void for another configuration, after too long, and where the clock was set back', async () => {
    const { server, inventory } = await start([machine(1)], []);
    const cursor = await cursorOf(inventory);
    const at = (shift: number, config = configuration()): Promise<unknown> | undefined =>
      openInventory(
        config,
        server.url,
        none,
        {},
        { now: () => new Date(systemClock.now().getTime() + shift) },
      ).fetchChanges?.(cursor, signal);
    expect(await at(71 * hour)).toBeDefined();
    expect(await at(73 * hour)).toBeUndefined();
    expect(await at(-hour)).toBeUndefined();
    const mapping = { id: 'uuid', name: 'name', osFamily: '"rhel"' };
    expect(await at(0, configuration({ mapping }))).toBeUndefined();
    for (const alien of [
      '',
      'x',
      '1..',
      `${cursor}0`.repeat(9),
      cursor.replace(/^1/, '2'),
      '\0',
      '{"v":1}',
    ]) {
      expect(await inventory.fetchChanges?.(alien, signal)).toBeUndefined();
    }
  });
});

describe('the last change', () => {
  test.each([
    ['dave', '2026-02-03T04:05:06Z', { by: 'dave', at: '2026-02-03T04:05:06.000Z' }],
    ['', '2026-02-03T06:05:06+02:00', { at: '2026-02-03T04:05:06.000Z' }],
    [{ x: 1 }, '2026-02-03T04:05:06.123456Z', { at: '2026-02-03T04:05:06.123Z' }],
    ['dave', 'yesterday', undefined],
    ['dave', '2026-13-03T04:05:06Z', undefined],
    ['dave', 7, undefined],
    ['a\nb\u202e', '2026-02-03T04:05:06Z', { by: 'a\\u{a}b\\u{202e}', at: '2026-02-03T04:05:06.000Z' }],
    ['x'.repeat(1000), '2026-02-03T04:05:06Z', { by: `${'x'.repeat(128)}…`, at: '2026-02-03T04:05:06.000Z' }],
  ])('case %#', async (by, at, expected) => {
    const { inventory } = await start([machine(1, { by, at })], []);
    const { entries } = await inventory.fetchAll(signal);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.lastChange).toEqual(expected);
  });
});

describe('one by name', () => {
  test('is looked up alone, and only what a machine can be called', async () => {
    const { server, inventory } = await start([machine(1), machine(2)], []);
    const { entries } = await inventory.fetchNamed('web-2', signal);
    expect(entries.map(({ record }) => record.id)).toEqual([instanceId(2)]);
    expect((await inventory.fetchNamed('web-9', signal)).entries).toEqual([]);
    expect(server.requests.map(({ url }) => url.search)).toEqual(['?name=web-2', '?name=web-9']);
    for (const name of ['', 'x^ORsys_idISNOTEMPTY', "a' OR '1'='1", 'web-2\n', '*', '../web-2', 'ä', 'a,b']) {
      expect(await inventory.fetchNamed(name, signal)).toEqual({ entries: [], quarantined: [] });
    }
    expect(server.requests).toHaveLength(2);
  });

  test('is what the CMDB gives for it, no other name, and none that shares its UUID', async () => {
    const twins = [machine(1), machine(2, { uuid: instanceId(1) }), machine(3)];
    const { lookupByName: _, ...without } = configuration();
    const { server } = await start(twins, []);
    const inventory = openInventory(without, server.url, none);
    expect((await inventory.fetchNamed('web-3', signal)).quarantined).toEqual([]);
    const { entries, quarantined } = await inventory.fetchNamed('web-1', signal);
    expect([entries, quarantined.map(({ locator }) => locator)]).toEqual([[], ['key k1', 'key k2']]);
    server.fault = (_request, response) => {
      response.end(JSON.stringify(twins));
      return true;
    };
    const loose = openInventory(configuration(), server.url, none);
    expect((await loose.fetchNamed('web-3', signal)).entries.map(({ record }) => record.name)).toEqual([
      'web-3',
    ]);
  });
});

test('what is no UUID is never asked for', async () => {
  const { server, inventory } = await start([machine(1)], []);
  expect((await inventory.fetch(["1' OR '1'='1", '', '*'], signal)).entries).toEqual([]);
  expect(server.requests).toEqual([]);
});
