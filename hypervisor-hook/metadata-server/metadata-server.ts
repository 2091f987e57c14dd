import { createHash } from 'node:crypto';
import { driveMediaType } from '../../schemas/drive-format/drive-layout.ts';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { mostDriveBytes } from '../drive-files/drive-size.ts';
import type { BootKind } from '../drive-files/nova-drive.ts';
import { oneLine } from '../process/one-line.ts';
import { type BoundedResponse, RequestFailure, sendBounded, type Transport } from './bounded-request.ts';

/** What the server says when it is asked for a drive. */
export type DriveAnswer =
  /** An image, whole as the server sent it, not verified. */
  | { readonly kind: 'drive'; readonly image: Buffer; readonly sha256: string }
  /** 304: the image that the host has is the current one. */
  | { readonly kind: 'current' }
  /** 403: the instance is not placed on this host. */
  | { readonly kind: 'not-placed-here' }
  /** 404: the server does not know the instance. */
  | { readonly kind: 'unknown-instance' }
  /** 400 or 413: Nova's drive cannot be merged; halves of one sentence. */
  | { readonly kind: 'not-mergeable'; readonly reason: string; readonly remedy: string }
  /** No answer that can be used; `reason` is half a sentence. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly reached: boolean };

/** Why a drive is asked for, beyond having it. */
export type DrivePurpose = 'start' | 'running';

/** What is said with a question for a drive. */
export interface DriveQuestion {
  /** What Nova made its drive for. */
  readonly boot: BootKind;
  /**
   * `start`: the instance starts here, which may claim it; `running`: it runs here, which ends its migration. Absent: it
   * is only fetched.
   */
  readonly purpose?: DrivePurpose | undefined;
}

/** The metadata server, as far as a hypervisor needs it. */
export interface MetadataServer {
  /**
   * Asks for an instance's drive. Never throws.
   * @param question `known`: SHA-256 of the verified image that the host has
   * @param withinMs bound of the whole exchange
   */
  fetchDrive(
    instance: string,
    question: DriveQuestion & { readonly known: string | undefined },
    withinMs: number,
  ): Promise<DriveAnswer>;
  /** Sends the config drive that Nova made, and gets ours with all of its files. Never throws. */
  mergeDrive(
    instance: string,
    question: DriveQuestion & { readonly theirs: Buffer },
    withinMs: number,
  ): Promise<DriveAnswer>;
  /** Sends a report; false if the server did not take it. Never throws. */
  report(report: AgentReport, withinMs: number): Promise<boolean>;
  /** Closes the connection. */
  close(): void;
}

/** Who asks. */
export interface MetadataServerOptions {
  /** Bearer token of role hypervisor. */
  readonly token: string;
  readonly userAgent: string;
}

/** Long for a host of the same data centre; a dead server must not use the whole deadline. */
const mostConnectMs = 3000;
const mostReportAnswerBytes = 64 * 1024;

/** {@link MetadataServer} over HTTP (`/v1`). */
export function createMetadataServer(transport: Transport, options: MetadataServerOptions): MetadataServer {
  const headers = {
    Authorization: `Bearer ${options.token}`,
    'User-Agent': options.userAgent,
    'Accept-Encoding': 'identity',
  };
  return {
    async fetchDrive(instance, { known, boot, purpose }, withinMs) {
      try {
        const response = await sendBounded(transport, {
          method: 'GET',
          path: drivePath(instance, boot),
          headers: {
            ...headers,
            ...(known === undefined ? {} : { 'If-None-Match': `"${known}"` }),
            ...purposeHeader(purpose),
          },
          mostBytes: mostDriveBytes,
          connectMs: Math.min(mostConnectMs, withinMs),
          totalMs: withinMs,
        });
        return driveAnswer(response, known);
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        return { kind: 'unavailable', reason: `the metadata server ${error.message}`, reached: false };
      }
    },
    async mergeDrive(instance, { theirs, boot, purpose }, withinMs) {
      try {
        const response = await sendBounded(transport, {
          method: 'POST',
          path: drivePath(instance, boot),
          headers: {
            ...headers,
            'Content-Type': driveMediaType,
            'Content-Length': String(theirs.length),
            ...purposeHeader(purpose),
          },
          body: theirs,
          mostBytes: mostDriveBytes,
          connectMs: Math.min(mostConnectMs, withinMs),
          totalMs: withinMs,
        });
        if (response.status === 400 || response.status === 413) {
          return { kind: 'not-mergeable', ...refusalOf(response.body) };
        }
        return driveAnswer(response, undefined);
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        return { kind: 'unavailable', reason: `the metadata server ${error.message}`, reached: false };
      }
    },
    async report(report, withinMs) {
      try {
        const body = JSON.stringify(report);
        const response = await sendBounded(transport, {
          method: 'POST',
          path: `/v1/instances/${report.instance}/reports`,
          headers: {
            ...headers,
            'Content-Type': 'application/json',
            'Content-Length': String(Buffer.byteLength(body)),
          },
          body,
          mostBytes: mostReportAnswerBytes,
          connectMs: withinMs,
          totalMs: withinMs,
        });
        return response.status >= 200 && response.status < 300;
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        return false;
      }
    },
    close: () => transport.agent.destroy(),
  };
}

function drivePath(instance: string, boot: BootKind): string {
  return `/v1/instances/${instance}/drive${boot === 'rescue' ? '?base=rescue' : ''}`;
}

function purposeHeader(purpose: DrivePurpose | undefined): Readonly<Record<string, string>> {
  return purpose === undefined ? {} : { 'Ubugi-Purpose': purpose };
}

/** What the server says of a drive that it refuses (RFC 9457): a message ends in what to do, after a semicolon. */
function refusalOf(body: Buffer): { readonly reason: string; readonly remedy: string } {
  let detail: unknown;
  try {
    const problem: unknown = JSON.parse(body.toString('utf8'));
    detail =
      typeof problem === 'object' && problem !== null && 'detail' in problem ? problem.detail : undefined;
  } catch {
    detail = undefined;
  }
  const text = oneLine(typeof detail === 'string' ? detail.slice(0, 500) : 'it says no more');
  const end = text.lastIndexOf('; ');
  const reason = "the metadata server refuses Nova's config drive: ";
  if (end === -1) return { reason: reason + text, remedy: 'rebuild the instance so that Nova makes another' };
  return { reason: reason + text.slice(0, end), remedy: text.slice(end + 2) };
}

function driveAnswer({ status, headers, body }: BoundedResponse, known: string | undefined): DriveAnswer {
  const broken = (what: string): DriveAnswer => ({
    kind: 'unavailable',
    reason: `the metadata server ${what}`,
    reached: true,
  });
  switch (status) {
    case 200: {
      const sha256 = createHash('sha256').update(body).digest('hex');
      if (headers['content-encoding'] !== undefined) return broken('sent the drive in another encoding');
      if (headers.etag !== `"${sha256}"`) return broken('sent a drive that does not match its ETag');
      return { kind: 'drive', image: body, sha256 };
    }
    case 304:
      return known === undefined ? broken('answered 304 to an unconditional request') : { kind: 'current' };
    case 401:
      return broken('does not accept the token of this host (401): replace the token file');
    case 403:
      return { kind: 'not-placed-here' };
    case 404:
      return { kind: 'unknown-instance' };
    default:
      return broken(`answered ${status}`);
  }
}
