import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server behaves when it is asked for a drive. */
export type DriveBehaviour =
  /** As documented: 200 with ETag, or 304. */
  | { readonly kind: 'drive'; readonly image: Buffer }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Accepts the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends a byte now and then, without end. */
  | { readonly kind: 'slow' }
  /** Promises the whole image and closes the connection after half of it. */
  | { readonly kind: 'truncated'; readonly image: Buffer }
  /** An ETag that is not the image's. */
  | { readonly kind: 'wrong-etag'; readonly image: Buffer }
  /** More bytes than any drive has. */
  | { readonly kind: 'endless' };

/** A request that the server has seen. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly status: number;
}

/** The metadata server's `GET …/drive` and `POST …/reports` as documented in docs/, with faults. */
export interface DriveServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Bodies of the reports that arrived, parsed. */
  readonly reports: readonly unknown[];
  behave(behaviour: DriveBehaviour): void;
  /** What reports are answered with; `hang` for never. */
  answerReports(answer: number | 'hang'): void;
  stop(): Promise<void>;
}

/** Starts a server on 127.0.0.1, on a free port. */
export async function startDriveServer(): Promise<DriveServer> {
  let behaviour: DriveBehaviour = { kind: 'status', status: 500 };
  let reportAnswer: number | 'hang' = 201;
  const requests: SeenRequest[] = [];
  const reports: unknown[] = [];
  const timers = new Set<NodeJS.Timeout>();

  const note = (request: IncomingMessage, status: number): void => {
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      ifNoneMatch: request.headers['if-none-match'],
      status,
    });
  };

  const drive = (request: IncomingMessage, response: ServerResponse): void => {
    switch (behaviour.kind) {
      case 'drive': {
        const etag = etagOf(behaviour.image);
        const same = request.headers['if-none-match'] === etag;
        note(request, same ? 304 : 200);
        response.writeHead(same ? 304 : 200, { ETag: etag, 'Content-Type': 'application/x-iso9660-image' });
        response.end(same ? undefined : behaviour.image);
        return;
      }
      case 'status':
        note(request, behaviour.status);
        response.writeHead(behaviour.status, behaviour.headers);
        response.end('{}');
        return;
      case 'hang':
        note(request, 0);
        return;
      case 'slow': {
        note(request, 200);
        response.writeHead(200, { ETag: '"0"' });
        timers.add(setInterval(() => response.write('x'), 50));
        return;
      }
      case 'truncated': {
        note(request, 200);
        const { image } = behaviour;
        response.writeHead(200, { ETag: etagOf(image), 'Content-Length': String(image.length) });
        response.write(image.subarray(0, image.length / 2), () => response.destroy());
        return;
      }
      case 'wrong-etag':
        note(request, 200);
        response.writeHead(200, { ETag: `"${'0'.repeat(64)}"` });
        response.end(behaviour.image);
        return;
      case 'endless': {
        note(request, 200);
        response.writeHead(200, { ETag: '"0"' });
        const chunk = Buffer.alloc(1024 * 1024);
        const more = (): void => {
          if (response.destroyed) return;
          response.write(chunk, more);
        };
        more();
        return;
      }
    }
  };

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    if (request.method === 'GET' && /^\/v1\/instances\/[0-9a-f-]{36}\/drive$/.test(request.url ?? '')) {
      drive(request, response);
      return;
    }
    if (request.method === 'POST' && /^\/v1\/instances\/[0-9a-f-]{36}\/reports$/.test(request.url ?? '')) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        reports.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        if (reportAnswer === 'hang') return;
        note(request, reportAnswer);
        response.writeHead(reportAnswer, { 'Content-Type': 'application/json' });
        response.end('{}');
      });
      return;
    }
    note(request, 404);
    response.writeHead(404);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    reports,
    behave: (replacement) => {
      behaviour = replacement;
    },
    answerReports: (answer) => {
      reportAnswer = answer;
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function etagOf(image: Buffer): string {
  return `"${createHash('sha256').update(image).digest('hex')}"`;
}
