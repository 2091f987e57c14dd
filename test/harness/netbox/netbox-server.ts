import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

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

export interface NetboxServerOptions {
  readonly tokens?: readonly string[];
  /** Whether it knows `start` (4.6). An older one ignores it, as NetBox does with any unknown parameter. */
  readonly cursor?: boolean;
  /** `MAX_PAGE_SIZE`. */
  readonly maximumPageSize?: number;
  /** Paths of a certificate and its key, in PEM. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** A stand-in for NetBox 4.6's REST API, as documented: authentication, paging, filters, and faults on demand. */
export interface NetboxServer {
  readonly url: string;
  readonly lists: NetboxLists;
  readonly requests: SeenRequest[];
  /** Asked before each answer; kept until it is replaced. */
  fault: Fault | undefined;
  close(): Promise<void>;
}

export const testToken = 'nbt_AbCdEf123456.0123456789abcdefghijklmnopqrstuvwxyzABCD';

export async function startNetboxServer(
  lists: NetboxLists,
  { tokens = [`Bearer ${testToken}`], cursor = true, maximumPageSize = 1000, tls }: NetboxServerOptions = {},
): Promise<NetboxServer> {
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const path = url.pathname.replace(/^\/api\//, '');
    const seen: SeenRequest = { path, query: url.searchParams, headers: request.headers };
    netbox.requests.push(seen);
    if (netbox.fault?.(seen, response) === true) return;
    if (!tokens.includes(request.headers.authorization ?? '')) {
      return sendJson(response, { detail: 'Invalid v2 token' }, 403);
    }
    const list = lists[path];
    if (list === undefined || !url.pathname.startsWith('/api/')) {
      return sendJson(response, { detail: 'Not found.' }, 404);
    }
    const unknown = url.searchParams
      .getAll('virtual_machine_id')
      .find((id) => !lists['virtualization/virtual-machines/']?.some((machine) => String(machine.id) === id));
    if (unknown !== undefined && path === 'virtualization/interfaces/') {
      const problem = `Select a valid choice. ${unknown} is not one of the available choices.`;
      return sendJson(response, { virtual_machine_id: [problem] }, 400);
    }
    const [status, value] = answerList(url, list, cursor, maximumPageSize);
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

/** Parameters that are no filters. */
const notFilters: ReadonlySet<string> = new Set([
  'limit',
  'offset',
  'start',
  'ordering',
  'exclude',
  'fields',
]);

function answerList(
  url: URL,
  list: readonly NetboxObject[],
  cursor: boolean,
  maximumPageSize: number,
): readonly [status: number, value: unknown] {
  const query = url.searchParams;
  const limit = Math.min(Number(query.get('limit') ?? 50), maximumPageSize);
  const start = cursor ? query.get('start') : null;
  if (start !== null && (query.has('offset') || query.has('ordering'))) {
    return [400, { detail: 'start is not with offset or ordering' }];
  }
  const matching = list.filter((object) => matches(object, query));
  // NetBox sorts virtual machines by name unless it is told otherwise.
  const byId = start !== null || query.get('ordering') === 'id';
  const sorted = byId
    ? matching.toSorted((one, other) => one.id - other.id)
    : matching.toSorted((one, other) => String(one['name']).localeCompare(String(other['name'])));
  const offset = Number(query.get('offset') ?? 0);
  const rest = start === null ? sorted.slice(offset) : sorted.filter(({ id }) => id >= Number(start));
  const following = rest[limit];
  const next = new URL(url);
  if (start !== null) next.searchParams.set('start', String(following?.id));
  else next.searchParams.set('offset', String(offset + limit));
  return [
    200,
    {
      count: start === null ? matching.length : null,
      next: following === undefined ? null : next.href,
      previous: null,
      results: rest.slice(0, limit).map((object) => represent(object, query)),
    },
  ];
}

function represent(object: NetboxObject, query: URLSearchParams): NetboxObject {
  const fields = query.get('fields')?.split(',');
  if (fields !== undefined) {
    return {
      id: object.id,
      ...Object.fromEntries(Object.entries(object).filter(([key]) => fields.includes(key))),
    };
  }
  const excluded = query.getAll('exclude');
  return {
    id: object.id,
    ...Object.fromEntries(Object.entries(object).filter(([key]) => !excluded.includes(key))),
  };
}

/** Values of one parameter are alternatives; parameters go together. */
function matches(object: NetboxObject, query: URLSearchParams): boolean {
  return [...new Set(query.keys())]
    .filter((name) => !notFilters.has(name))
    .every((name) => {
      const wanted = query.getAll(name);
      if (name === 'last_updated__gte') return String(object['last_updated']) >= (wanted[0] ?? '');
      return wanted.some((value) => filteredValues(object, name).includes(value));
    });
}

function filteredValues(object: NetboxObject, name: string): readonly string[] {
  if (name.startsWith('cf_')) {
    return [
      text((object['custom_fields'] as Readonly<Record<string, unknown>> | undefined)?.[name.slice(3)]),
    ];
  }
  if (name === 'tag') return (object['tags'] as readonly { readonly slug: string }[]).map(({ slug }) => slug);
  if (name === 'assigned_to_interface') {
    return [String(String(object['assigned_object_type']).endsWith('interface'))];
  }
  if (name === 'virtual_machine_id') {
    const holder = (object['virtual_machine'] ?? object['assigned_object']) as
      | { readonly id?: number; readonly virtual_machine?: { readonly id: number } }
      | undefined;
    return [text(holder?.virtual_machine?.id ?? holder?.id)];
  }
  const value = object[name];
  if (typeof value === 'object' && value !== null && 'value' in value) return [text(value.value)];
  return [text(value)];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
