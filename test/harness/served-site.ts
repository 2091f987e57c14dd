import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { runUbugi, type UbugiResult } from '../cli/run-ubugi.ts';
import { writePayload } from './running-site.ts';

/** `ubugi serve` as a process of its own on a copy of the example CMDB, directory and policy. */
export interface ServedSite {
  readonly folder: string;
  /** Where it listens; the same after a restart. */
  readonly url: string;
  readonly socket: string;
  /** The addresses as `serve` printed them first. */
  readonly announced: readonly string[];
  /** Runs a command over the local socket. */
  ubugi(...args: readonly string[]): Promise<UbugiResult>;
  /** The same, fails unless it succeeds. @returns standard output */
  operate(...args: readonly string[]): Promise<string>;
  /** Replaces text in a file of the copy; every pattern must match. */
  edit(file: SiteFile, edits: readonly (readonly [RegExp, string])[]): Promise<void>;
  /** Ends the process by a signal. @returns its exit status. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined>;
  /** Starts it again, on the port that it had. */
  start(): Promise<void>;
  /** Ends it and removes the folder. @returns its exit status. */
  stop(): Promise<number | undefined>;
}

/** A file of the site. */
export type SiteFile = 'instances.yaml' | 'directory.ldif' | 'policy.yaml' | 'server.yaml';

/** How a site differs from the usual one. */
export interface SiteOptions {
  /** A payload that can run (`build/payload`); files that only look like one if absent. */
  readonly payloadFolder?: string;
  /** Members that join, or take the place of, those of `server.yaml`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** How long the server may live, in milliseconds. */
  readonly lifetimeMs?: number;
}

interface Serving {
  readonly announced: readonly string[];
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined>;
}

const root = join(import.meta.dirname, '../..');
const main = join(root, 'server/main.ts');
const sites = ['instances.yaml', 'directory.ldif', 'policy.yaml'] as const;

/** Starts it in a temporary folder, which {@link ServedSite.stop} removes. */
export async function serveSite(options: SiteOptions = {}): Promise<ServedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-site-'));
  const socket = join(folder, 'server.sock');
  const config = await writeSite(folder, socket, options);
  const serve = async (): Promise<Serving> => await startProcess(config, options.lifetimeMs ?? 120_000);
  let serving = await serve().catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const { announced } = serving;
  const url =
    announced.map((line) => line.replace('listening on ', '')).find((line) => line.startsWith('http')) ?? '';
  const ubugi = async (...args: readonly string[]): Promise<UbugiResult> =>
    await runUbugi(args, { UBUGI_SOCKET: socket, COLUMNS: '100' });
  const edit: ServedSite['edit'] = async (file, edits) => {
    let text = await readFile(join(folder, file), 'utf8');
    for (const [pattern, replacement] of edits) {
      if (!pattern.test(text)) throw new Error(`${file} has nothing like ${String(pattern)}`);
      text = text.replace(pattern, replacement);
    }
    await writeFile(join(folder, file), text);
  };
  return {
    folder,
    url,
    socket,
    announced,
    ubugi,
    async operate(...args) {
      const { exitCode, stdout, stderr } = await ubugi(...args);
      if (exitCode !== 0) throw new Error(`ubugi ${args.join(' ')}: exit status ${exitCode}\n${stderr}`);
      return stdout;
    },
    edit,
    end: async (signal) => await serving.end(signal),
    async start() {
      await edit('server.yaml', [[/port: \d+/, `port: ${new URL(url).port}`]]);
      serving = await serve();
    },
    async stop() {
      const status = await serving.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
      return status;
    },
  };
}

async function startProcess(config: string, lifetimeMs: number): Promise<Serving> {
  const server = execa(process.execPath, [main, 'serve', '--config', config], {
    reject: false,
    forceKillAfterDelay: 10_000,
    timeout: lifetimeMs,
  });
  const announced: string[] = [];
  const lines = createInterface({ input: server.stdout });
  lines.on('line', (line) => announced.push(line));
  const end: Serving['end'] = async (signal) => {
    server.kill(signal);
    return (await server).exitCode;
  };
  try {
    while (announced.length < 2) {
      const ended = server.then(({ stderr }) => Promise.reject(new Error(`the server ended: ${stderr}`)));
      await Promise.race([once(lines, 'line'), ended]);
    }
  } catch (error) {
    await end('SIGTERM');
    throw error;
  }
  return { announced, end };
}

async function writeSite(
  folder: string,
  socket: string,
  { payloadFolder, settings }: SiteOptions,
): Promise<string> {
  for (const name of sites) await cp(join(root, 'examples/demo', name), join(folder, name));
  if (payloadFolder === undefined) await writePayload(join(folder, 'payload'));
  const config = join(folder, 'server.yaml');
  const content = {
    listen: { address: '127.0.0.1', port: 0, socket },
    store: { kind: 'sqlite', path: 'ubugi.db' },
    signing: { keyFile: 'signing-key' },
    inventories: [{ name: 'cmdb', kind: 'file', path: 'instances.yaml' }],
    directory: { name: 'ldap', kind: 'embedded', ldifFile: 'directory.ldif', baseDn: 'dc=example,dc=com' },
    policy: { files: ['policy.yaml'] },
    drive: { cacheFolder: 'drives', payloadFolder: payloadFolder ?? 'payload' },
    sync: { intervalSeconds: 0 },
    ...settings,
  };
  await writeFile(config, stringify(content));
  return config;
}
