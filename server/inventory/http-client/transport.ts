import { lookup } from 'node:dns';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { connectionFailure } from './connection-failure.ts';
import { HttpFailure } from './http-failure.ts';
import { isLocalAddress, type ServerAddress } from './server-address.ts';

/** Bounds of one request. */
export interface RequestBounds {
  /** Milliseconds until the connection, with TLS, is there. */
  readonly connectMs: number;
  /** Milliseconds until the last byte of the body. */
  readonly operationMs: number;
  /** Bytes of the body. */
  readonly bodyBytes: number;
}

/** Who the server must be, and who this side is. All in PEM. */
export interface TlsIdentity {
  /** CA certificates; the system's where undefined. */
  readonly ca: string | undefined;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}

/** One request that only reads, so that it may be sent again. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Of the same origin as the address. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** What messages call the thing that is asked for, such as `ipam/prefixes/`. */
  readonly place?: string;
}

/** A whole answer. Redirects are answers like any other; only the body of a 200 is read. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends requests to one host over connections that it keeps until it is closed. */
export interface Transport {
  /** Fails with {@link HttpFailure}, or with the reason of the signal. */
  send(request: HttpRequest, signal: AbortSignal): Promise<TransportAnswer>;
  close(): void;
}

/** Opens no connection yet. */
export function createTransport(address: ServerAddress, tls: TlsIdentity, bounds: RequestBounds): Transport {
  const secure = address.url.protocol === 'https:';
  const connection = { keepAlive: true, ...(address.mayBeLocal ? {} : { lookup: lookupElsewhere }) };
  const agent = secure
    ? new HttpsAgent({
        ...connection,
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.client === undefined ? {} : { cert: tls.client.certificate, key: tls.client.key }),
      })
    : new HttpAgent(connection);
  const start = secure ? httpsRequest : httpRequest;

  function answer(
    request: HttpRequest,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, url, headers, body } = request;
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const outgoing = start(url, { method, headers: { ...headers, ...length }, agent, signal });
      outgoing.on('error', reject);
      outgoing.on('response', resolve);
      outgoing.on('socket', (socket) => {
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', connected);
        else connected();
      });
      outgoing.end(body);
    });
  }

  return {
    async send(request, signal) {
      if (request.url.origin !== address.url.origin) {
        throw new HttpFailure('was to be left for another server', 'check url and paging');
      }
      const bound = new AbortController();
      const give = (what: string, milliseconds: number): NodeJS.Timeout =>
        setTimeout(
          () =>
            bound.abort(
              new HttpFailure(
                `did not ${what} within ${milliseconds / 1000} s`,
                'check the server and the network',
              ),
            ),
          milliseconds,
        );
      const operation = give('answer completely', bounds.operationMs);
      const connect = give('accept a connection', bounds.connectMs);
      try {
        const incoming = await answer(request, AbortSignal.any([signal, bound.signal]), () =>
          clearTimeout(connect),
        );
        const status = incoming.statusCode ?? 0;
        if (status !== 200) {
          incoming.destroy();
          return { status, headers: incoming.headers, body: Buffer.alloc(0) };
        }
        refuseCompressed(incoming);
        return { status, headers: incoming.headers, body: await readBody(incoming, bounds.bodyBytes) };
      } catch (error) {
        if (error instanceof HttpFailure) throw error;
        if (bound.signal.reason instanceof HttpFailure) throw bound.signal.reason;
        signal.throwIfAborted();
        throw connectionFailure(error);
      } finally {
        clearTimeout(operation);
        clearTimeout(connect);
      }
    },
    close: () => agent.destroy(),
  };
}

/** Some hundred kilobytes can unpack to a gigabyte, so nothing is unpacked: identity was asked for. */
function refuseCompressed(incoming: IncomingMessage): void {
  const encoding = incoming.headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  incoming.destroy();
  throw new HttpFailure(
    'sent a compressed answer although it was asked not to',
    'let the proxy in front of it honour `Accept-Encoding: identity`',
  );
}

async function readBody(incoming: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new HttpFailure(`answered with more than ${mostBytes} bytes`, 'ask for smaller pages');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** A name that leads to this machine or its link was not meant so: metadata services listen there. */
const lookupElsewhere: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, address, family) => {
    if (error !== null) return callback(error, address, family);
    const found = typeof address === 'string' ? [address] : address.map((one) => one.address);
    if (!found.some(isLocalAddress)) return callback(null, address, family);
    const refusal: NodeJS.ErrnoException = new Error('the name leads to a local address');
    refusal.code = 'ELOCALADDRESS';
    return callback(refusal, address, family);
  });
};
