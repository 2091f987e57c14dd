import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a client asked. */
export interface SeenRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** JSON parsed; an upload as text. */
  readonly body: unknown;
}

/** An answer: a JSON body, or bytes with headers. */
export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that gives documented answers, over TCP on the loopback and over a socket. */
export interface AnsweringServer {
  readonly url: string;
  readonly socket: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** @param answer undefined: 404 without a body; 'hang': none ever */
export async function startAnsweringServer(
  answer: (request: SeenRequest) => Answer | 'hang' | undefined,
): Promise<AnsweringServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-cli-'));
  const seen: SeenRequest[] = [];

  function serve(): Server {
    return createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const request: SeenRequest = {
          method: incoming.method ?? '',
          url: incoming.url ?? '',
          headers: incoming.headers,
          body: bodyOf(text, incoming.headers),
        };
        seen.push(request);
        const given = answer(request);
        if (given === 'hang') return;
        const { status = given === undefined ? 404 : 200, json, bytes, headers } = given ?? {};
        const type = status >= 400 ? 'application/problem+json' : 'application/json';
        outgoing.writeHead(status, { ...(json === undefined ? {} : { 'content-type': type }), ...headers });
        outgoing.end(json === undefined ? bytes : JSON.stringify(json));
      });
    });
  }

  const tcp = serve();
  const local = serve();
  const socket = join(folder, 'server.sock');
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => local.listen(socket, resolve));
  return {
    url: `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    socket,
    seen,
    close: async () => {
      for (const server of [tcp, local]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function bodyOf(text: string, headers: IncomingHttpHeaders): unknown {
  if (headers['content-type'] === 'application/octet-stream') return text;
  return text === '' ? undefined : JSON.parse(text);
}
