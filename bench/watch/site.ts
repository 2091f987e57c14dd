import { createHash } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerConfiguration } from '../../schemas/types/server-configuration.ts';
import { createSqliteStore } from '../../server/store/sqlite.ts';

/** Hypervisors with instances, a server's configuration, and a token for each hypervisor. */
export interface WatchSite {
  readonly config: string;
  readonly socket: string;
  readonly hosts: readonly SiteHost[];
  /** Makes the next sync give every instance another drive. */
  changeAll(): Promise<void>;
}

/** One hypervisor. */
export interface SiteHost {
  readonly name: string;
  readonly secret: string;
  readonly instances: readonly string[];
}

const directory = join(import.meta.dirname, '../../examples/demo/directory.ldif');
const started = '2026-01-02T03:04:05.000Z';

/** @param folder an existing one, with a short path for the socket */
export async function makeSite(
  folder: string,
  { hosts, instancesPerHost }: { readonly hosts: number; readonly instancesPerHost: number },
): Promise<WatchSite> {
  const [policy, inventory] = [join(folder, 'policy.yaml'), join(folder, 'inventory.json')];
  const socket = join(folder, 'server.sock');
  const config = join(folder, 'server.yaml');
  const database = join(folder, 'ubugi.db');
  const writePolicy = (server: string): Promise<void> =>
    // JSON is YAML.
    writeFile(policy, JSON.stringify({ sites: { one: { ntp: { servers: [server] } } } }));
  const names = Array.from({ length: hosts }, (_, index) => `hv-${String(index).padStart(5, '0')}`);
  const park = names.map(
    (name, index): SiteHost => ({
      name,
      secret: `ubugi_${createHash('sha256').update(name).digest('base64url')}`,
      instances: Array.from({ length: instancesPerHost }, (_, one) => idOf(index * instancesPerHost + one)),
    }),
  );
  await writePolicy('ntp1.example.com');
  await writeFile(inventory, JSON.stringify({ instances: park.flatMap(recordsOf) }));
  await cp(directory, join(folder, 'directory.ldif'));
  const content: ServerConfiguration = {
    listen: { address: '127.0.0.1', port: 0, socket },
    store: { kind: 'sqlite', path: database },
    signing: { keyFile: join(folder, 'signing-key') },
    inventories: [{ name: 'cmdb', kind: 'file', path: inventory }],
    directory: {
      name: 'ldap',
      kind: 'embedded',
      ldifFile: join(folder, 'directory.ldif'),
      baseDn: 'dc=example,dc=com',
    },
    policy: { files: [policy] },
    drive: { cacheFolder: join(folder, 'drives'), payloadFolder: await writePayload(folder) },
    sync: { intervalSeconds: 0 },
    log: { level: 'warn' },
  };
  await writeFile(config, JSON.stringify(content, null, 1));
  await saveTokens(database, park);
  return { config, socket, hosts: park, changeAll: () => writePolicy('ntp2.example.com') };
}

/** Into the database that the server will open: over the API each would be a commit of its own. */
async function saveTokens(path: string, hosts: readonly SiteHost[]): Promise<void> {
  const store = await createSqliteStore({ path });
  await store.transaction(async (transaction) => {
    for (const [index, { name, secret }] of hosts.entries()) {
      await transaction.saveToken({
        id: idOf(index),
        name,
        role: 'hypervisor',
        hypervisor: name,
        createdAt: started,
        expiresAt: null,
        revokedAt: null,
        usedAt: null,
        credentialSha256: null,
        replaces: null,
        secretSha256: createHash('sha256').update(secret).digest('hex'),
      });
    }
  });
  await store.close();
}

function idOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

function recordsOf({ name, instances }: SiteHost): readonly unknown[] {
  return instances.map((id) => ({
    id,
    name: `vm-${id.slice(0, 8)}`,
    osFamily: 'debian',
    site: 'one',
    hypervisor: name,
    tags: [],
    interfaces: [{ mac: `52:54:${(id.slice(0, 8).match(/../g) ?? []).join(':')}`, dhcp4: true }],
  }));
}

/** Stands in for the built one: what is on a drive costs the network, not the server's watching. */
async function writePayload(folder: string): Promise<string> {
  const payload = join(folder, 'payload');
  const agent = join(payload, 'agent', 'x86_64');
  await mkdir(agent, { recursive: true });
  await writeFile(join(agent, 'ubugi-agent'), 'no agent');
  await writeFile(join(payload, 'launch'), '#!/bin/sh\n');
  return payload;
}
