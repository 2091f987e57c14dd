import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createValidators } from '../../schemas/validation/validator.ts';
import { loadConfig } from '../../server/config/load-config.ts';
import { createLog } from '../../server/config/log.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { systemRandom } from '../../server/domain/random.ts';
import { startServer } from '../../server/server.ts';
import { exchange, type Reply, type Sending } from '../http/http-exchange.ts';

/** A server as `ubugi serve` starts it from a configuration file, in this process. */
export interface RunningSite {
  /** Path of the local socket. */
  readonly socket: string;
  /** Sends over the local socket. */
  local(method: string, path: string, sending?: Sending): Promise<Reply>;
  /** The answer to `GET` over the local socket; fails unless it is 200. */
  get<T>(path: string): Promise<T>;
  /** The answer to `POST` over the local socket; fails unless it succeeded. */
  post<T>(path: string, body?: object): Promise<T>;
  /** Sends over TCP, as those do who need a token. */
  send(method: string, path: string, sending: Sending): Promise<Reply>;
  close(): Promise<void>;
}

/** Starts one. @param config path of its `server.yaml` */
export async function startSite(config: string): Promise<RunningSite> {
  const validators = createValidators();
  const server = await startServer(await loadConfig(config, validators), {
    validators,
    clock: systemClock,
    random: systemRandom,
    log: createLog('fatal', process.stderr),
  });
  const { hostname: host, port } = new URL(server.url);
  const local = async (method: string, path: string, sending: Sending = {}): Promise<Reply> =>
    await exchange({ socketPath: server.socket }, method, path, sending);
  async function ask<T>(method: string, path: string, sending: Sending = {}): Promise<T> {
    const { status, json, bytes } = await local(method, path, sending);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${bytes.toString()}`);
    return json as T;
  }
  return {
    socket: server.socket,
    local,
    get: async (path) => await ask('GET', path),
    post: async (path, body = {}) => await ask('POST', path, { body }),
    send: async (method, path, sending) => await exchange({ host, port }, method, path, sending),
    close: async () => await server.close(),
  };
}

/** Writes a payload of the right shape for `drive.payloadFolder`; what is on the drives cannot run. */
export async function writePayload(folder: string): Promise<void> {
  for (const arch of ['x86_64', 'aarch64']) {
    await mkdir(join(folder, 'agent', arch), { recursive: true });
    await writeFile(join(folder, 'agent', arch, 'ubugi-agent'), `agent for ${arch}`);
  }
  await writeFile(join(folder, 'launch'), '#!/bin/sh\nexit 0\n');
}
