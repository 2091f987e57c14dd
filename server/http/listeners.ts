import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Config } from '../config/config.ts';
import type { Log } from '../config/log.ts';
import { AppError } from '../domain/errors.ts';
import type { Random } from '../domain/random.ts';
import type { App, Listener } from './app.ts';
import { problemResponse } from './problem.ts';
import { bindSocket } from './socket-file.ts';

/** A server that listens. */
export interface Listeners {
  /** Base URL of the TCP listener, without a final slash. */
  readonly url: string;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Stops taking connections, lets requests finish within the drain time, then ends what is left. */
  close(): Promise<void>;
}

/** What listening works with. */
export interface ListenPorts {
  readonly app: App;
  readonly random: Random;
  readonly log: Log;
}

/** Milliseconds. */
const timeouts = { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 } as const;
const sweepMs = 50;

/** Listens on TCP, with TLS where configured, and on the Unix socket. Fails with `conflict` where an address is taken. */
export async function listen(
  { app, random, log }: ListenPorts,
  config: Config['listen'],
  options: {
    readonly drainMs: number;
    /** Milliseconds after which a connection ends that takes nothing of its answer. */
    readonly stallMs: number;
  },
): Promise<Listeners> {
  const handle = (listener: Listener): RequestListener =>
    getRequestListener(
      async (request, { incoming }) => {
        const response = await app.fetch(request, listener);
        // Only now: until it has its answer, one who asked for a sync may have to wait for long. Node sets its own
        // limits again for the next request on this connection.
        incoming.socket.setTimeout(options.stallMs);
        return response;
      },
      {
        overrideGlobalObjects: false,
        errorHandler: (error) => {
          const requestId = random.uuid();
          log.warn({ err: error, requestId }, 'request could not be read');
          return problemResponse(
            new AppError('request-invalid', 'the request line or a header is malformed; send HTTP/1.1'),
            requestId,
          );
        },
      },
    );
  const tcp = await createTcpServer(config.tls, handle({ local: false }));
  const local = createServer(timeouts, handle({ local: true }));
  const socket = await bindSocket(local, config.socket);
  try {
    await listening(tcp, config.address, config.port);
  } catch (error) {
    await closeServer(local, 0);
    await socket.remove();
    throw error;
  }
  const { address, port, family } = tcp.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `${config.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    socket: config.socket,
    async close() {
      await socket.remove();
      await Promise.all([closeServer(tcp, options.drainMs), closeServer(local, options.drainMs)]);
    },
  };
}

async function createTcpServer(tls: Config['listen']['tls'], handler: RequestListener): Promise<Server> {
  if (tls === undefined) return createServer(timeouts, handler);
  const [cert, key] = await Promise.all([readFile(tls.certificateFile), readFile(tls.keyFile)]);
  return createTlsServer({ ...timeouts, cert, key }, handler);
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new AppError(
          'conflict',
          `cannot listen on ${address} port ${port}; stop what listens there, or change listen.port`,
          {
            cause,
          },
        ),
      );
    });
    server.listen({ host: address, port }, resolve);
  });
}

async function closeServer(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  // Node ends the connections that are idle now; one that is answered from here on would stay for its keep-alive time.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, sweepMs);
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
