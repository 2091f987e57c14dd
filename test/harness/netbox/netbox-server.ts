import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerList, type ListSettings } from './list-answer.ts';
import { createNetboxEditor, type NetboxEditor } from './netbox-editor.ts';

/** An object as NetBox gives it. */
export type NetboxObject = Readonly<Record<string, unknown>> & { readonly id: number };

/** Objects by the path of their list below `/api/`, such as `virtualization/interfaces/`. */
export type NetboxLists = Record<string, NetboxObject[]>;

/** A request as the stand-in saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** What goes wrong with one request: the handler answers, or changes objects and returns false to go on. */
export type Fault = (request: SeenRequest, response: ServerResponse) => boolean;

export interface NetboxServerOptions extends Partial<ListSettings> {
  readonly tokens?: readonly string[];
  /** Its clock, for `Date` and for what is edited. */
  readonly now?: () => Date;
  /** Paths of a certificate and its key, in PEM. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** A stand-in for NetBox 4.6's REST API, as documented: authentication, paging, filters, and faults on demand. */
export interface NetboxServer {
  readonly url: string;
  readonly lists: NetboxLists;
  readonly requests: SeenRequest[];
  /** Works in NetBox as a user: what it does stands in the change log. */
  readonly as: (user: string) => NetboxEditor;
  /** Asked before each answer; kept until it is replaced. */
  fault: Fault | undefined;
  close(): Promise<void>;
}

export const testToken = 'nbt_AbCdEf123456.0123456789abcdefghijklmnopqrstuvwxyzABCD';

export async function startNetboxServer(
  lists: NetboxLists,
  {
    tokens = [`Bearer ${testToken}`],
    cursor = true,
    maximumPageSize = 1000,
    now = () => new Date(),
    tls,
  }: NetboxServerOptions = {},
): Promise<NetboxServer> {
  function answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('date', now().toUTCString());
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const path = url.pathname.replace(/^\/api\//, '');
    const seen: SeenRequest = { path, query: url.searchParams, headers: request.headers };
    netbox.requests.push(seen);
    if (netbox.fault?.(seen, response) === true) return;
    if (!tokens.includes(request.headers.authorization ?? '')) {
      return sendJson(response, { detail: 'Invalid v2 token' }, 403);
    }
    if (!url.pathname.startsWith('/api/')) return sendJson(response, { detail: 'Not found.' }, 404);
    const [status, value] = answerList(url, path, lists, { cursor, maximumPageSize });
    sendJson(response, value, status);
  }
  const server =
    tls === undefined
      ? createServer(answer)
      : createTlsServer({ cert: readFileSync(tls.certificateFile), key: readFileSync(tls.keyFile) }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const netbox: NetboxServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    lists,
    requests: [],
    fault: undefined,
    as: (user) => createNetboxEditor(lists, user, now),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return netbox;
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
