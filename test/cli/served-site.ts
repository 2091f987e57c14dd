import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { runUbugi, type UbugiResult } from './run-ubugi.ts';

/** `ubugi serve` as a process of its own on the example CMDB, directory and policy. */
export interface ServedSite {
  readonly folder: string;
  readonly url: string;
  readonly socket: string;
  /** The addresses as `serve` printed them. */
  readonly announced: readonly string[];
  /** Runs a command over the local socket. */
  ubugi(...args: readonly string[]): Promise<UbugiResult>;
  /** Ends the server with SIGTERM. @returns its exit status. */
  stop(): Promise<number | undefined>;
}

const root = join(import.meta.dirname, '../..');
const main = join(root, 'server/main.ts');

/** Starts it in a temporary folder, which {@link ServedSite.stop} removes. */
export async function serveSite(): Promise<ServedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-site-'));
  const socket = join(folder, 'server.sock');
  const config = await writeSite(folder, socket);
  const server = execa(process.execPath, [main, 'serve', '--config', config], {
    reject: false,
    forceKillAfterDelay: 10_000,
    timeout: 120_000,
  });
  const announced: string[] = [];
  const lines = createInterface({ input: server.stdout });
  lines.on('line', (line) => announced.push(line));
  const stop = async (): Promise<number | undefined> => {
    server.kill('SIGTERM');
    const { exitCode } = await server;
    await rm(folder, { recursive: true, force: true });
    return exitCode;
  };
  try {
    while (announced.length < 2) {
      const ended = server.then(({ stderr }) => Promise.reject(new Error(`the server ended: ${stderr}`)));
      await Promise.race([once(lines, 'line'), ended]);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    url:
      announced.map((line) => line.replace('listening on ', '')).find((line) => line.startsWith('http')) ??
      '',
    socket,
    announced,
    ubugi: async (...args) => await runUbugi(args, { UBUGI_SOCKET: socket, COLUMNS: '100' }),
    stop,
  };
}

async function writeSite(folder: string, socket: string): Promise<string> {
  for (const name of ['instances.yaml', 'directory.ldif', 'policy.yaml']) {
    await cp(join(root, 'examples/demo', name), join(folder, name));
  }
  const payload = join(folder, 'payload');
  for (const arch of ['x86_64', 'aarch64']) {
    await mkdir(join(payload, 'agent', arch), { recursive: true });
    await writeFile(join(payload, 'agent', arch, 'ubugi-agent'), `agent for ${arch}`);
  }
  await writeFile(join(payload, 'launch'), '#!/bin/sh\nexit 0\n');
  const config = join(folder, 'server.yaml');
  const content = {
    listen: { address: '127.0.0.1', port: 0, socket },
    store: { kind: 'sqlite', path: 'ubugi.db' },
    signing: { keyFile: 'signing-key' },
    inventories: [{ name: 'cmdb', kind: 'file', path: 'instances.yaml' }],
    directory: { name: 'ldap', kind: 'embedded', ldifFile: 'directory.ldif', baseDn: 'dc=example,dc=com' },
    policy: { files: ['policy.yaml'] },
    drive: { cacheFolder: 'drives', payloadFolder: 'payload' },
    sync: { intervalSeconds: 0 },
  };
  await writeFile(config, stringify(content));
  return config;
}
