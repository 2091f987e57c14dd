import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { type ITopMachine, iTopUser, startITop } from '../../harness/cmdb/itop.ts';
import { type RalphObject, ralphToken, startRalph } from '../../harness/cmdb/ralph.ts';
import { exampleConfiguration, openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import type { JsonCmdbServer } from '../../harness/json-cmdb-server.ts';

const signal = new AbortController().signal;
const servers: JsonCmdbServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const hex = (number: number): string => number.toString(16).padStart(2, '0');

describe('iTop', () => {
  function machine(number: number, more: Readonly<Record<string, unknown>> = {}): ITopMachine {
    return {
      id: number,
      name: `WEB-${number}`,
      uuid: instanceId(number),
      status: 'production',
      org_name: 'Web Shop',
      osfamily_name: 'Debian 12',
      virtualhost_name: 'hv-01',
      move2production: '2026-01-02',
      logicalinterface_list: [
        {
          name: 'eth0',
          macaddress: `52:54:00:AB:CD:${hex(number)}`,
          ipaddress: `192.0.2.${number + 10}`,
          ipmask: '255.255.255.128',
          ipgateway: '192.0.2.1',
        },
      ],
      ...more,
    };
  }
  async function start(machines: ITopMachine[], password = iTopUser.password) {
    const server = await startITop(machines);
    servers.push(server);
    const config = exampleConfiguration('itop.yaml', 10);
    const credentials = { kind: 'basic', user: iTopUser.user, password } as const;
    return { server, inventory: openInventory(config, server.url, credentials) };
  }

  test('maps a machine with its interfaces', async () => {
    const { inventory } = await start([machine(1), machine(2, { status: 'obsolete' })]);
    expect((await inventory.fetchAll(signal)).entries).toEqual([
      {
        locator: 'https://itop.example.net/pages/UI.php?operation=details&class=VirtualMachine&id=1',
        record: {
          id: instanceId(1),
          name: 'web-1',
          project: 'web-shop',
          createdAt: '2026-01-02T00:00:00Z',
          osFamily: 'debian',
          hypervisor: 'hv-01',
          tags: [],
          interfaces: [
            { name: 'eth0', mac: '52:54:00:ab:cd:01', addresses: ['192.0.2.11/25'], gateway4: '192.0.2.1' },
          ],
        },
      },
    ]);
  });

  test('reads every page by POST, none where there is none, and one by UUID', async () => {
    const { server, inventory } = await start(numbers(25).map((number) => machine(number)));
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(25);
    const pages = server.requests.map(({ body }) =>
      JSON.parse(new URLSearchParams(body).get('json_data') ?? ''),
    );
    expect(pages.map(({ limit, page }) => [limit, page])).toEqual([
      [10, 1],
      [10, 2],
      [10, 3],
    ]);
    const { entries } = await inventory.fetch([instanceId(7)], signal);
    expect(entries.map(({ record }) => record.name)).toEqual(['web-7']);
    expect((await inventory.fetch([instanceId(99)], signal)).entries).toEqual([]);
    expect((await (await start([])).inventory.fetchAll(signal)).entries).toEqual([]);
  });

  test('an error with status 200 is an error', async () => {
    const { inventory } = await start([machine(1)], 'wrong');
    await expect(inventory.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('answered that it did not succeed: /code is not 0 (1)'),
    });
  });
});

describe('Ralph', () => {
  const server = (number: number, more: Readonly<Record<string, unknown>> = {}): RalphObject => ({
    id: number,
    sn: instanceId(number),
    hostname: `web-${number}`,
    created: '2026-01-02T03:04:05.123456Z',
    service_env: { id: 1, service: 'Web Shop', environment: 'prod', service_uid: 'sc-123' },
    configuration_path: { module: { name: 'debian' }, class_name: 'web' },
    hypervisor: { id: 900, hostname: 'hv-01' },
    tags: ['front', 'shop'],
    custom_fields: { gateway: '192.0.2.1' },
    ethernet: [{ id: number * 10, mac: `52:54:00:AB:CD:${hex(number)}`, ipaddress: null }],
    ...more,
  });
  const address = (number: number): RalphObject => ({
    id: number,
    address: `192.0.2.${number + 10}`,
    network: { id: 1, address: '192.0.2.0/24' },
    ethernet: { id: number * 10, mac: `52:54:00:AB:CD:${hex(number)}`, base_object: { id: number } },
  });
  async function start(servers_: RalphObject[], addresses: RalphObject[], token = ralphToken) {
    const ralph = await startRalph({ 'virtual-servers': servers_, ipaddresses: addresses });
    servers.push(ralph);
    const config = exampleConfiguration('ralph.yaml', 10);
    const credentials = { kind: 'bearer', scheme: 'Token', token } as const;
    return { ralph, inventory: openInventory(config, ralph.url, credentials) };
  }

  test('maps a virtual server with the addresses of its interfaces', async () => {
    const { inventory } = await start([server(1), server(2, { sn: null })], [address(1), address(2)]);
    expect((await inventory.fetchAll(signal)).entries).toEqual([
      {
        locator: 'https://ralph.example.net/virtual/virtualserver/1/',
        record: {
          id: instanceId(1),
          name: 'web-1',
          project: 'sc-123',
          createdAt: '2026-01-02T03:04:05.123456Z',
          osFamily: 'debian',
          hypervisor: 'hv-01',
          tags: ['front', 'shop'],
          interfaces: [{ mac: '52:54:00:ab:cd:01', addresses: ['192.0.2.11/24'], gateway4: '192.0.2.1' }],
        },
      },
    ]);
  });

  test('follows next, and looks up one', async () => {
    const all = numbers(25);
    const { ralph, inventory } = await start(
      all.map((number) => server(number)),
      all.map(address),
    );
    expect((await inventory.fetchAll(signal)).entries).toHaveLength(25);
    ralph.requests.length = 0;
    const { entries } = await inventory.fetch([instanceId(7)], signal);
    expect(entries[0]?.record.interfaces[0]?.addresses).toEqual(['192.0.2.17/24']);
    expect(ralph.requests.length).toBeLessThan(4);
  });

  test('a next that points elsewhere is not followed', async () => {
    const { ralph, inventory } = await start([server(1)], [address(1)]);
    ralph.fault = (_, response) => {
      response.writeHead(200);
      response.end(JSON.stringify({ count: 2, next: 'http://169.254.169.254/latest/', results: [] }));
      return true;
    };
    await expect(inventory.fetchAll(signal)).rejects.toThrow('points to another server for the next page');
    expect(ralph.requests).toHaveLength(1);
  });

  test('a token that is refused is named as refused, and never shown', async () => {
    const { inventory } = await start([server(1)], [], 'hunter2hunter2');
    const failure = await inventory.fetchAll(signal).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ message: expect.stringContaining('refused the credentials (401)') });
    expect(inspect(failure, { depth: 5 })).not.toContain('hunter2');
  });
});
