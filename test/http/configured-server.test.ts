import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import type { EventList, InstanceList, SyncRunList } from '../../schemas/types/api.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { loadConfig } from '../../server/config/load-config.ts';
import { createLog } from '../../server/config/log.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { systemRandom } from '../../server/domain/random.ts';
import { type RunningServer, startServer } from '../../server/server.ts';
import { netboxLists, virtualMachine, vmInterface } from '../harness/netbox/netbox-objects.ts';
import { type NetboxServer, startNetboxServer, testToken } from '../harness/netbox/netbox-server.ts';
import { webhookSecret } from './api-server.ts';
import { exchange, type Reply, type Sending } from './http-exchange.ts';
import { signedWebhook } from './netbox-webhook.ts';

const example = join(import.meta.dirname, '../../examples/demo');
let folder: string;
let server: RunningServer | undefined;
let netbox: NetboxServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-server-'));
  netbox = await startNetboxServer(netboxLists(2));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await netbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the server that a configuration describes: everything is what the product has. */
async function start(more: object): Promise<void> {
  for (const arch of ['x86_64', 'aarch64']) {
    await mkdir(join(folder, 'payload', 'agent', arch), { recursive: true });
    await writeFile(join(folder, 'payload', 'agent', arch, 'ubugi-agent'), `agent for ${arch}`);
  }
  await writeFile(join(folder, 'payload', 'launch'), '#!/bin/sh\nexit 0\n');
  await writeFile(join(folder, 'netbox.token'), testToken, { mode: 0o600 });
  await writeFile(join(folder, 'webhook.secret'), `${webhookSecret}\n`, { mode: 0o600 });
  const content = {
    listen: { address: '127.0.0.1', port: 0, socket: 'server.sock' },
    store: { kind: 'sqlite', path: 'ubugi.db' },
    signing: { keyFile: 'signing-key' },
    inventories: [{ name: 'netbox', kind: 'netbox', url: netbox.url, tokenFile: 'netbox.token' }],
    directory: {
      name: 'ldap',
      kind: 'embedded',
      ldifFile: join(example, 'directory.ldif'),
      baseDn: 'dc=example,dc=com',
    },
    policy: { files: [join(example, 'policy.yaml')] },
    drive: { cacheFolder: 'drives', payloadFolder: 'payload' },
    ...more,
  };
  await writeFile(join(folder, 'server.yaml'), stringify(content));
  const validators = createValidators();
  server = await startServer(await loadConfig(join(folder, 'server.yaml'), validators), {
    validators,
    clock: systemClock,
    random: systemRandom,
    log: createLog('error', process.stderr),
  });
}

async function local(method: string, path: string, sending: Sending = {}): Promise<Reply> {
  return await exchange({ socketPath: server?.socket ?? '' }, method, path, sending);
}

async function names(): Promise<readonly string[]> {
  const { instances } = (await local('GET', '/v1/instances')).json as InstanceList;
  return instances.map(({ name }) => name).sort();
}

it('a webhook of NetBox brings a sync that nobody asked for otherwise', async () => {
  await start({
    sync: { intervalSeconds: 0, hintDelaySeconds: 0 },
    webhooks: { netbox: { secretFile: 'webhook.secret' } },
  });
  expect(await names()).toEqual([]);
  const { hostname: host, port } = new URL(server?.url ?? '');
  const timestamp = new Date().toISOString();
  const webhooks = Array.from({ length: 5 }, () => signedWebhook({ timestamp }));
  for (const webhook of webhooks) {
    expect((await exchange({ host, port }, 'POST', '/v1/webhooks/netbox', webhook)).status).toBe(202);
  }
  await vi.waitFor(async () => expect(await names()).toEqual(['web-01', 'web-02']), { timeout: 10_000 });
  const { events } = (await local('GET', '/v1/audit?actor=webhook:netbox')).json as EventList;
  expect(events.map(({ action }) => action)).toContain('generation-created');
  const { runs } = (await local('GET', '/v1/sync/runs')).json as SyncRunList;
  expect(new Set(runs.map(({ actor }) => actor))).toEqual(new Set(['webhook:netbox']));
});

it('a VM that was put into NetBox after the sync is dressed when it boots', async () => {
  await start({ sync: { intervalSeconds: 0 } });
  await local('POST', '/v1/sync');
  netbox.lists['virtualization/virtual-machines/']?.push(virtualMachine(9));
  netbox.lists['virtualization/interfaces/']?.push(vmInterface(9, 9));
  const reply = await local('GET', '/v1/instances/web-09/drive');
  expect([reply.status, reply.headers.get('ubugi-generation')]).toEqual([200, '1']);
  expect(await names()).toEqual(['web-01', 'web-02', 'web-09']);
});

it('a VM that was put into a file after the sync is dressed when its hypervisor asks', async () => {
  const path = join(folder, 'instances.yaml');
  const content = await readFile(join(example, 'instances.yaml'), 'utf8');
  const [before] = content.split(/(?=\n {2}- id: .*03\n)/);
  await writeFile(path, before ?? '');
  await start({
    sync: { intervalSeconds: 0 },
    inventories: [{ name: 'cmdb', kind: 'file', path: 'instances.yaml' }],
  });
  await local('POST', '/v1/sync');
  expect(await names()).toEqual(['web-01', 'web-02']);
  await writeFile(path, content);
  const created = await local('POST', '/v1/tokens', {
    body: { name: 'hv', role: 'hypervisor', hypervisor: 'hv-01' },
  });
  const { secret: token } = created.json as { readonly secret: string };
  const { hostname: host, port } = new URL(server?.url ?? '');
  const id = '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a03';
  const reply = await exchange({ host, port }, 'GET', `/v1/instances/${id}/drive`, { token });
  expect([reply.status, reply.headers.get('ubugi-generation')]).toEqual([200, '1']);
  expect(await names()).toEqual(['db-01', 'web-01', 'web-02']);
});
