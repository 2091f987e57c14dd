import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerConfiguration } from '../../../schemas/types/server-configuration.ts';
import { type SlapdServer, startSlapd } from '../../../test/harness/slapd-server.ts';
import { type PlainReading, readPlainly } from '../plain-reading.ts';
import { makeCompany } from './company.ts';
import { baseDn, directoryLdif, memberLdif } from './directory-ldif.ts';
import { type InventoryName, makeInventory } from './inventory-source.ts';
import { makeMachinePark } from './machines.ts';
import { makePolicy } from './policy.ts';

/** A company with its CMDB, its directory in a real slapd, and its policy. */
export interface BenchSite {
  /** Machines that the group `ops` is on. */
  readonly opsManaged: number;
  /** Writes a configuration with this store. @param folder for the server's own files, with a short path for its socket */
  configure(store: ServerConfiguration['store'], folder: string): Promise<ServerFiles>;
  /** Takes one person out of the group `ops`, or puts them back. */
  changeOps(change: 'leave' | 'return'): Promise<void>;
  readPlainly(signal: AbortSignal): Promise<PlainReading>;
  close(): Promise<void>;
}

/** Paths. */
export interface ServerFiles {
  readonly config: string;
  readonly socket: string;
}

/** How large. */
export interface SiteSize {
  readonly instances: number;
  readonly accounts: number;
}

/** @param folder an existing one for files */
export async function openSite(
  { instances, accounts }: SiteSize,
  kind: InventoryName,
  folder: string,
): Promise<BenchSite> {
  const company = makeCompany(accounts);
  const park = makeMachinePark(company, instances);
  const policyFile = join(folder, 'policy.yaml');
  const caFile = join(folder, 'ldap-ca.pem');
  const passwordFile = join(folder, 'ldap-password');
  // JSON is YAML.
  await writeFile(policyFile, JSON.stringify(makePolicy(company), null, 1));
  const inventory = await makeInventory(kind, park, folder);
  let directory: SlapdServer;
  try {
    directory = await startSlapd({ baseDn, ldif: directoryLdif(company) });
  } catch (error) {
    await inventory.close();
    throw error;
  }
  const [leaver = ''] = company.ops.members;
  await writeFile(caFile, directory.ca);
  await writeFile(passwordFile, directory.password, { mode: 0o600 });
  return {
    opsManaged: park.opsManaged,
    async configure(store, serverFolder) {
      const socket = join(serverFolder, 'server.sock');
      const config = join(serverFolder, 'server.yaml');
      const content: ServerConfiguration = {
        listen: { address: '127.0.0.1', port: 0, socket },
        store,
        signing: { keyFile: join(serverFolder, 'signing-key') },
        inventories: [inventory.configuration],
        directory: {
          name: 'ldap',
          kind: 'ldap',
          url: directory.url,
          caFile,
          bindDn: directory.bindDn,
          passwordFile,
          baseDn,
        },
        policy: { files: [policyFile] },
        drive: {
          cacheFolder: join(serverFolder, 'drives'),
          payloadFolder: await writePayload(serverFolder),
        },
        sync: { intervalSeconds: 0 },
      };
      await writeFile(config, JSON.stringify(content, null, 1));
      return { config, socket };
    },
    changeOps: (change) => directory.modify(memberLdif(company.ops, leaver, change)),
    readPlainly: (signal) =>
      readPlainly({ directory, caFile, passwordFile, inventoryArguments: inventory.plainArguments }, signal),
    close: async () => void (await Promise.all([inventory.close(), directory.stop()])),
  };
}

/** Stands in for the built one: a sync builds no drives, and a server does not start without. */
async function writePayload(folder: string): Promise<string> {
  const payload = join(folder, 'payload');
  const agent = join(payload, 'agent', 'x86_64');
  await mkdir(agent, { recursive: true });
  await writeFile(join(agent, 'ubugi-agent'), 'no agent');
  await writeFile(join(payload, 'launch'), '#!/bin/sh\n');
  return payload;
}
