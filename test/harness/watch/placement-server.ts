import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server treats one kind of request. */
export type Fault = 'none' | 'hang' | 'truncate' | number;

/** Kinds of requests. */
export type Asked = 'changes' | 'drive' | 'reports' | 'heartbeat';

/** What a host says of itself. */
export interface SeenHeartbeat {
  readonly machines: { readonly known: number; readonly running: number };
  readonly pending: number;
  readonly spooled: number;
  readonly lastError?: string;
}

/**
 * A metadata server as the contract of `GET /v1/hypervisors/HOST/changes` has it, with faults: it places drives of any
 * bytes, wrong ones too, which the real one does not.
 */
export interface PlacementServer {
  readonly url: string;
  /** `METHOD path status`, in the order of the answers. */
  readonly requests: readonly string[];
  readonly heartbeats: readonly SeenHeartbeat[];
  /** Reports as they arrived. */
  readonly reports: readonly {
    readonly instance: string;
    readonly outcome: string;
    readonly generation: number;
  }[];
  /** Long polls that wait. */
  readonly waiting: () => number;
  /** The instance has this drive now, on the only host. */
  place(instance: string, generation: number, image: Buffer): void;
  /** The instance is no longer this host's. */
  takeAway(instance: string): void;
  /** The instance may be moved here: it is when the host says that it runs. */
  grant(instance: string, generation: number, image: Buffer): void;
  /** Serves other bytes for an instance, without a word. */
  serve(instance: string, image: Buffer): void;
  /** Another launcher or agent: every drive is another image. */
  renewPayload(payload: string): void;
  /** From now on no cursor can be continued. */
  forgetCursors(): void;
  fail(asked: Asked, fault: Fault): void;
  /** Breaks every connection off and takes no new one. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

interface Placed {
  readonly state: 'placed' | 'gone';
  readonly generation: number;
  readonly image: Buffer;
  readonly at: number;
}

const uuidInPath = /^\/v1\/instances\/([0-9a-f-]{36})\/(drive|reports)$/;

/** Starts a server on 127.0.0.1. @param host the only hypervisor */
export async function startPlacementServer(host: string): Promise<PlacementServer> {
  const placed = new Map<string, Placed>();
  const grants = new Map<string, Pick<Placed, 'generation' | 'image'>>();
  const faults = new Map<Asked, Fault>();
  const requests: string[] = [];
  const heartbeats: SeenHeartbeat[] = [];
  const reports: { instance: string; outcome: string; generation: number }[] = [];
  const waiting = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let epoch = 1;
  let now = 1;
  let payload = 'a'.repeat(64);

  const wake = (): void => {
    for (const answer of waiting) answer();
  };
  const answered = (
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    body?: unknown,
  ): void => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''} ${status}`);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };

  function changes(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? '', 'http://server').searchParams;
    const [cursorEpoch, cursorAt] = (query.get('after') ?? '').split('.').map(Number);
    const complete = cursorEpoch !== epoch || cursorAt === undefined;
    const since = complete ? 0 : cursorAt;
    const answer = (): boolean => {
      const changed = [...placed].filter(
        ([, { at, state }]) => at > since && !(complete && state === 'gone'),
      );
      if (changed.length === 0 && !complete) return false;
      const instances = changed.map(([instance, { state, generation }]) => ({
        instance,
        name: instance.slice(-4),
        state,
        generation: state === 'gone' ? null : generation,
        since: '2026-01-02T03:04:05Z',
      }));
      answered(request, response, 200, { cursor: `${epoch}.${now}`, complete, payload, instances });
      return true;
    };
    if (answer()) return;
    const end = (): void => {
      clearTimeout(timer);
      waiting.delete(retry);
      timers.delete(timer);
    };
    const retry = (): void => {
      if (answer()) end();
    };
    const timer = setTimeout(
      () => {
        end();
        answered(request, response, 200, {
          cursor: query.get('after'),
          complete: false,
          payload,
          instances: [],
        });
      },
      Number(query.get('wait') ?? 0) * 1000,
    );
    timers.add(timer);
    waiting.add(retry);
    response.on('close', end);
  }

  function drive(request: IncomingMessage, response: ServerResponse, instance: string, fault: Fault): void {
    const granted = grants.get(instance);
    if (granted !== undefined && request.headers['ubugi-purpose'] === 'running') {
      grants.delete(instance);
      change(instance, { state: 'placed', ...granted });
    }
    const found = placed.get(instance);
    if (found === undefined || found.state === 'gone') return answered(request, response, 403, {});
    const etag = `"${createHash('sha256').update(found.image).digest('hex')}"`;
    const same = request.headers['if-none-match'] === etag;
    requests.push(`GET ${request.url ?? ''} ${same ? 304 : 200}`);
    response.writeHead(same ? 304 : 200, {
      ETag: etag,
      ...(same ? {} : { 'Content-Length': found.image.length }),
    });
    if (same) response.end();
    else if (fault === 'truncate')
      response.write(found.image.subarray(0, found.image.length / 2), () => response.destroy());
    else response.end(found.image);
  }

  function body(request: IncomingMessage, take: (value: unknown) => void): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => take(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const [, instance = '', what] = uuidInPath.exec(path) ?? [];
    const asked: Asked | undefined =
      path === `/v1/hypervisors/${host}/changes`
        ? 'changes'
        : path === `/v1/hypervisors/${host}/heartbeat`
          ? 'heartbeat'
          : (what as 'drive' | 'reports' | undefined);
    if (asked === undefined) return answered(request, response, 404, {});
    const fault = faults.get(asked) ?? 'none';
    if (fault === 'hang') return;
    if (typeof fault === 'number') return answered(request, response, fault, {});
    switch (asked) {
      case 'changes':
        return changes(request, response);
      case 'drive':
        return drive(request, response, instance, fault);
      case 'reports':
        return body(request, (value) => {
          reports.push(value as (typeof reports)[number]);
          answered(request, response, 204);
        });
      case 'heartbeat':
        return body(request, (value) => {
          heartbeats.push(value as SeenHeartbeat);
          answered(request, response, 204);
        });
    }
  });
  const listen = async (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const change = (instance: string, to: Omit<Placed, 'at'>): void => {
    now += 1;
    placed.set(instance, { ...to, at: now });
    wake();
  };

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    heartbeats,
    reports,
    waiting: () => waiting.size,
    place: (instance, generation, image) => change(instance, { state: 'placed', generation, image }),
    takeAway: (instance) => change(instance, { state: 'gone', generation: 1, image: Buffer.alloc(0) }),
    grant: (instance, generation, image) => {
      grants.set(instance, { generation, image });
    },
    serve(instance, image) {
      const known = placed.get(instance);
      if (known !== undefined) placed.set(instance, { ...known, image });
    },
    renewPayload(value) {
      payload = value;
      now += 1;
      for (const [instance, known] of placed)
        if (known.state === 'placed') placed.set(instance, { ...known, at: now });
      wake();
    },
    forgetCursors() {
      epoch += 1;
    },
    fail: (asked, fault) => {
      faults.set(asked, fault);
    },
    goDown: close,
    comeBack: async () => listen(port),
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      if (server.listening) await close();
    },
  };
}
