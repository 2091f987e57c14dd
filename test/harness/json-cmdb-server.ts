import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as the stand-in saw it. */
export interface CmdbRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a CMDB says to a request. */
export interface CmdbAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** What goes wrong with one request: answers it, or changes records and returns false to go on. */
export type CmdbFault = (request: CmdbRequest, response: ServerResponse) => boolean;

/** A stand-in for a CMDB with a JSON API, and faults on demand. */
export interface JsonCmdbServer {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly requests: CmdbRequest[];
  /** Asked before each answer; kept until it is replaced. */
  fault: CmdbFault | undefined;
  close(): Promise<void>;
}

/** TLS of a stand-in; with a CA it wants client certificates of it. */
export interface CmdbTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCa?: string;
}

export async function startJsonCmdb(
  answer: (request: CmdbRequest) => CmdbAnswer,
  tls?: CmdbTls,
): Promise<JsonCmdbServer> {
  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const request: CmdbRequest = {
      method: incoming.method ?? '',
      url: new URL(incoming.url ?? '/', cmdb.url),
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    cmdb.requests.push(request);
    if (cmdb.fault?.(request, response) === true) return;
    const { status = 200, headers = {}, value } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  }
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch(() => response.destroy());
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          {
            cert: readFileSync(tls.certificateFile),
            key: readFileSync(tls.keyFile),
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cmdb: JsonCmdbServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return cmdb;
}
