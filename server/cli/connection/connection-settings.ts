import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import type { Environment } from '../output/output.ts';
import type { ConnectionFlags } from './connection-flags.ts';
import { type FileSettings, readSettingsFile } from './settings-file.ts';
import { checkedToken, readTokenFile } from './token-file.ts';

/** The local socket where nothing else is said. */
export const defaultSocket = '/run/ubugi/server.sock';

/** Where the server is. */
export type ServerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL };

/** All that is needed to talk to the server. */
export interface ConnectionSettings {
  readonly address: ServerAddress;
  /** Sent as bearer token; none on the local socket. */
  readonly token: string | undefined;
  /** CA certificates in PEM; the system's if undefined. */
  readonly ca: string | undefined;
}

/** One place that settings come from. */
interface Layer extends FileSettings {
  readonly origin: string;
  readonly token?: string;
}

/**
 * Settles address, token and CA certificates. Flags go before the environment, that before the user's file, that
 * before the host's; the local socket is last. The first layer that names a server or a socket decides on the address.
 * A token that a file names is sent to no other server than the one the same file names.
 * Fails with `request-invalid` or `configuration-invalid`.
 * @param files paths of the user's and the host's configuration file; they need not exist
 */
export async function resolveConnection(
  flags: ConnectionFlags,
  environment: Environment,
  files: readonly string[],
): Promise<ConnectionSettings> {
  const explicit: readonly Layer[] = [flagLayer(flags), environmentLayer(environment)];
  const fromFiles: Layer[] = [];
  if (explicit.every((layer) => layer.server === undefined && layer.socket === undefined)) {
    for (const path of files) {
      const settings = await readSettingsFile(path);
      if (settings !== undefined) fromFiles.push({ ...settings, origin: path });
    }
  }
  const layers = [...explicit, ...fromFiles];
  const chosen = layers.find((layer) => layer.server !== undefined || layer.socket !== undefined);
  if (chosen?.server !== undefined && chosen.socket !== undefined) {
    throw new AppError(
      'request-invalid',
      `${chosen.origin} name both a server and a socket: give one of the two`,
    );
  }
  if (chosen?.server === undefined) {
    return {
      address: { kind: 'socket', path: chosen?.socket ?? defaultSocket },
      token: undefined,
      ca: undefined,
    };
  }
  const url = serverUrl(chosen.server, chosen.origin);
  const trusted = fromFiles.includes(chosen) ? [...explicit, chosen] : explicit;
  const caFile = trusted.find((layer) => layer.caFile !== undefined)?.caFile;
  return {
    address: { kind: 'url', url },
    token: await tokenOf(trusted, url),
    ca: caFile === undefined ? undefined : await readCa(caFile),
  };
}

/** What to call an address in messages. */
export function describeAddress(address: ServerAddress): string {
  return address.kind === 'socket' ? address.path : address.url.href.replace(/\/$/, '');
}

function flagLayer(flags: ConnectionFlags): Layer {
  const { server, socket, tokenFile, caFile } = flags;
  return { origin: 'the flags', ...defined({ server, socket, tokenFile, caFile }) };
}

function environmentLayer(environment: Environment): Layer {
  return {
    origin: 'the environment variables',
    ...defined({
      server: environment['UBUGI_SERVER'] || undefined,
      socket: environment['UBUGI_SOCKET'] || undefined,
      tokenFile: environment['UBUGI_TOKEN_FILE'] || undefined,
      token: environment['UBUGI_TOKEN'] || undefined,
      caFile: environment['UBUGI_CA_FILE'] || undefined,
    }),
  };
}

function defined<K extends string>(values: Record<K, string | undefined>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, string>
  >;
}

async function tokenOf(layers: readonly Layer[], url: URL): Promise<string> {
  for (const { token, tokenFile } of layers) {
    if (token !== undefined) return checkedToken(token, 'UBUGI_TOKEN');
    if (tokenFile !== undefined) return await readTokenFile(tokenFile);
  }
  throw new AppError(
    'unauthorized',
    `no token for ${url.origin}: set UBUGI_TOKEN, or name a file that holds one by --token-file, UBUGI_TOKEN_FILE or \`tokenFile\` in cli.yaml`,
  );
}

/** The URL, if a token may be sent there: in clear text to this host only. */
function serverUrl(text: string, origin: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['https:', 'http:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new AppError(
      'request-invalid',
      `the server that ${origin} name is no URL such as https://ubugi.example.com`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError(
      'request-invalid',
      `the server URL that ${origin} name holds credentials: use a token file`,
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new AppError('request-invalid', `${url.origin} would get the token in clear text: use https://`);
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function readCa(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new AppError(
      'configuration-invalid',
      `cannot read the CA certificates ${path} (${(error as NodeJS.ErrnoException).code}): correct the path`,
      { cause: error },
    );
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new AppError(
    'configuration-invalid',
    `${path} holds no certificate in PEM: name the CA’s certificate file`,
  );
}
