import { createReadStream } from 'node:fs';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import { connectionError } from './connection-error.ts';
import { type ConnectionSettings, describeAddress } from './connection-settings.ts';

/** One request. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path with query, from `/v1/`. */
  readonly path: string;
  readonly accept: string;
  /** Further headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Instead of a body: a line of JSON, then a file as it is. */
  readonly upload?: { readonly line: unknown; readonly file: string };
  /** Milliseconds until the whole answer must be there. */
  readonly deadlineMs: number;
}

/** An answer whose body is still to be read, or destroyed. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** Carries requests to the server: over TCP, TLS or the local socket. Never follows a redirect. */
export interface Transport {
  /**
   * Fails with `server-unreachable` or `timeout`, also while the body is read; with the signal's reason if it aborts.
   */
  send<T>(request: TransportRequest, read: (response: TransportResponse) => Promise<T>): Promise<T>;
}

const connectDeadlineMs = 5000;

/** @param signal ends every request */
export function createTransport(settings: ConnectionSettings, signal: AbortSignal): Transport {
  const { address } = settings;
  const secure = address.kind === 'url' && address.url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });

  function target(path: string): Record<string, unknown> {
    if (address.kind === 'socket') return { socketPath: address.path, path, headers: { host: 'localhost' } };
    const { url } = address;
    return {
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      ...(url.port === '' ? {} : { port: url.port }),
      path: url.pathname.replace(/\/$/, '') + path,
      ...(secure && settings.ca !== undefined ? { ca: settings.ca } : {}),
    };
  }

  async function exchange(request: TransportRequest, ends: AbortSignal): Promise<IncomingMessage> {
    const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const { headers: hostHeader, ...options } = target(request.path);
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)({
        ...options,
        agent,
        method: request.method,
        signal: ends,
        headers: {
          ...(hostHeader as Record<string, string> | undefined),
          ...request.headers,
          accept: request.accept,
          'user-agent': 'ubugi-cli',
          ...(settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': payload.byteLength }),
          ...(request.upload === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        },
      });
      outgoing.once('socket', (socket) => {
        boundConnecting(socket, secure, (error) => outgoing.destroy(error));
      });
      outgoing.once('response', resolve);
      outgoing.once('error', reject);
      if (request.upload === undefined) outgoing.end(payload);
      else send(request.upload, outgoing);
    });
  }

  return {
    send: async (request, read) => {
      const deadline = AbortSignal.timeout(request.deadlineMs);
      let response: IncomingMessage | undefined;
      try {
        response = await exchange(request, AbortSignal.any([signal, deadline]));
        return await read({ status: response.statusCode ?? 0, headers: response.headers, body: response });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof AppError) throw error;
        if (deadline.aborted) {
          throw new AppError(
            'timeout',
            `the server at ${describeAddress(address)} did not answer ${request.method} ${request.path} within ${request.deadlineMs / 1000} s: it may still be at work. Look at its log, or wait longer with --timeout SECONDS`,
            { cause: error },
          );
        }
        throw connectionError(address, error);
      } finally {
        response?.destroy();
      }
    },
  };
}

/** A server that refuses it before its end has answered already. */
function send({ line, file }: NonNullable<TransportRequest['upload']>, outgoing: ClientRequest): void {
  outgoing.write(`${JSON.stringify(line)}\n`);
  const source = createReadStream(file);
  source.once('error', ({ code }: NodeJS.ErrnoException) => {
    outgoing.destroy(
      new AppError('request-invalid', `cannot read ${file} (${code}): check its name and permissions`),
    );
  });
  outgoing.once('close', () => source.destroy());
  source.pipe(outgoing);
}

function boundConnecting(socket: Socket, secure: boolean, fail: (error: Error) => void): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    fail(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  }, connectDeadlineMs);
  const settle = (): void => {
    clearTimeout(timer);
  };
  socket.once(secure ? 'secureConnect' : 'connect', settle);
  socket.once('close', settle);
}
