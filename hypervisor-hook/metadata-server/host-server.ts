import type { BootKind } from '../drive-files/nova-drive.ts';
import { type Changes, readChanges } from '../watch/feed/changes-answer.ts';
import { type BoundedResponse, RequestFailure, sendBounded, type Transport } from './bounded-request.ts';
import { createMetadataServer, type DriveAnswer, type MetadataServer } from './metadata-server.ts';

/** What the server says when it is asked what changed; `reason` is half a sentence. */
export type ChangesAnswer =
  | { readonly kind: 'changes'; readonly changes: Changes }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** What became of a report. */
export type Delivery =
  | { readonly kind: 'taken' }
  /** It will never be taken; `reason` is half a sentence. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not now: `busy` for this instance, `unavailable` for all. */
  | { readonly kind: 'busy' | 'unavailable'; readonly reason: string };

/** What a host says of itself, `POST /v1/hypervisors/HOST/heartbeat`. */
export interface Heartbeat {
  readonly version: string;
  readonly adapter: string;
  readonly machines: { readonly known: number; readonly running: number };
  /** Machines that run without the drive that they should have. */
  readonly pending: number;
  /** Reports that wait to be sent. */
  readonly spooled: number;
  readonly lastError?: string;
}

/** The metadata server, as far as the daemon of a host needs it. No member throws. */
export interface HostServer {
  /** Long poll; the server answers at once if something changed after the cursor, else when `waitSeconds` are over. */
  changes(after: string | undefined, waitSeconds: number, signal: AbortSignal): Promise<ChangesAnswer>;
  /** As {@link MetadataServer}'s. */
  fetchDrive(instance: string, known: string | undefined, boot: BootKind): Promise<DriveAnswer>;
  /** Asks for the drive because the instance runs here, which ends its migration. */
  claimRunning(instance: string, known: string | undefined): Promise<DriveAnswer>;
  /** As {@link MetadataServer}'s. */
  mergeDrive(instance: string, theirs: Buffer, boot: BootKind): Promise<DriveAnswer>;
  /** Sends a report, as it was kept. */
  sendReport(instance: string, report: Buffer): Promise<Delivery>;
  /** Why the server did not take it, as half a sentence; undefined: it did. */
  heartbeat(beat: Heartbeat): Promise<string | undefined>;
  close(): void;
}

/** How the server is asked. */
export interface HostServerPorts {
  /** Of its own, as a long poll keeps its connection busy. */
  readonly polling: Transport;
  readonly transport: Transport;
  /** The host's present bearer token. @throws Error whose message is half a sentence */
  readonly token: () => Promise<string>;
}

/** Who asks. */
export interface HostServerOptions {
  /** The host's name, as the CMDB has it. */
  readonly host: string;
  readonly userAgent: string;
}

const connectMs = 5000;
const exchangeMs = 30_000;
/** What a server takes longer than it was asked to wait is the network's. */
const pollReserveMs = 30_000;
const mostChangesBytes = 32 * 1024 * 1024;
const mostAnswerBytes = 64 * 1024;

/** {@link HostServer} over HTTP (`/v1`). */
export function createHostServer(ports: HostServerPorts, { host, userAgent }: HostServerOptions): HostServer {
  const own = `/v1/hypervisors/${encodeURIComponent(host)}`;

  async function headers(): Promise<Readonly<Record<string, string>>> {
    return {
      Authorization: `Bearer ${await ports.token()}`,
      'User-Agent': userAgent,
      'Accept-Encoding': 'identity',
    };
  }

  /** The answer, or why there is none. */
  async function exchange(ask: () => Promise<BoundedResponse>): Promise<BoundedResponse | string> {
    try {
      return await ask();
    } catch (error) {
      return error instanceof RequestFailure ? `the metadata server ${error.message}` : reasonOf(error);
    }
  }

  async function post(path: string, body: Buffer): Promise<BoundedResponse | string> {
    return exchange(async () =>
      sendBounded(ports.transport, {
        method: 'POST',
        path,
        headers: {
          ...(await headers()),
          'Content-Type': 'application/json',
          'Content-Length': String(body.length),
        },
        body,
        mostBytes: mostAnswerBytes,
        connectMs,
        totalMs: exchangeMs,
      }),
    );
  }

  async function drive(ask: (server: MetadataServer) => Promise<DriveAnswer>): Promise<DriveAnswer> {
    try {
      const options = { token: await ports.token(), userAgent };
      return await ask(createMetadataServer(ports.transport, options));
    } catch (error) {
      return { kind: 'unavailable', reason: reasonOf(error), reached: false };
    }
  }

  return {
    async changes(after, waitSeconds, signal) {
      const query = new URLSearchParams({
        ...(after === undefined ? {} : { after }),
        wait: String(waitSeconds),
      });
      const response = await exchange(async () =>
        sendBounded(ports.polling, {
          method: 'GET',
          path: `${own}/changes?${query.toString()}`,
          headers: await headers(),
          mostBytes: mostChangesBytes,
          connectMs,
          totalMs: waitSeconds * 1000 + pollReserveMs,
          signal,
        }),
      );
      if (typeof response === 'string') return { kind: 'unavailable', reason: response };
      if (response.status !== 200)
        return { kind: 'unavailable', reason: statusReason(response.status, host) };
      const changes = readChanges(response.body);
      return changes === undefined
        ? { kind: 'unavailable', reason: 'the metadata server sent changes that cannot be read' }
        : { kind: 'changes', changes };
    },
    fetchDrive: (instance, known, boot) =>
      drive((server) => server.fetchDrive(instance, { known, boot }, exchangeMs)),
    claimRunning: (instance, known) =>
      drive((server) => server.fetchDrive(instance, { known, boot: 'boot', purpose: 'running' }, exchangeMs)),
    mergeDrive: (instance, theirs, boot) =>
      drive((server) => server.mergeDrive(instance, { theirs, boot }, exchangeMs)),
    async sendReport(instance, report) {
      const response = await post(`/v1/instances/${instance}/reports`, report);
      if (typeof response === 'string') return { kind: 'unavailable', reason: response };
      return deliveryOf(response.status, host);
    },
    async heartbeat(beat) {
      const response = await post(`${own}/heartbeat`, Buffer.from(JSON.stringify(beat)));
      if (typeof response === 'string') return response;
      return response.status >= 200 && response.status < 300
        ? undefined
        : statusReason(response.status, host);
    },
    close() {
      ports.polling.agent.destroy();
      ports.transport.agent.destroy();
    },
  };
}

function deliveryOf(status: number, host: string): Delivery {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = statusReason(status, host);
  if (status === 429) return { kind: 'busy', reason };
  const forGood = status >= 400 && status < 500 && status !== 401 && status !== 408;
  return { kind: forGood ? 'refused' : 'unavailable', reason };
}

function statusReason(status: number, host: string): string {
  switch (status) {
    case 401:
      return 'the metadata server does not accept the token of this host (401): replace the token file';
    case 403:
      return `the metadata server refuses it to ${host} (403): compare the host's name with its token's`;
    default:
      return `the metadata server answered ${status}`;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
