import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { readJsonDocument } from '../../../schemas/validation/json-document.ts';
import type { Clock } from '../../domain/clock.ts';
import { BrokenConnection, HttpFailure, RefusedRequest } from './http-failure.ts';
import type { ServerAddress } from './server-address.ts';
import {
  createTransport,
  type HttpRequest,
  type RequestBounds,
  type TlsIdentity,
  type TransportAnswer,
} from './transport.ts';

/** What the client does when the server has trouble. */
export interface ClientLimits extends RequestBounds {
  /** How often a request is sent again after a 5xx or a broken connection. */
  readonly retries: number;
  /** Pause before the first repetition; it doubles each time. */
  readonly retryPauseMs: number;
  /** How long one request may wait in all because of 429 answers. */
  readonly throttleMs: number;
}

/** The JSON value of a 200 answer, and its headers. */
export interface JsonAnswer {
  readonly value: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** A conversation with one server. Every failure is an {@link HttpFailure} or the reason of the signal. */
export interface HttpClient {
  send(request: HttpRequest): Promise<JsonAnswer>;
  close(): void;
}

/** Whom to talk to, and as whom. */
export interface ClientPorts {
  readonly address: ServerAddress;
  readonly tls: TlsIdentity;
  /** Headers that carry credentials; sent with each request, to this server only. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Opens a conversation that ends with the signal. */
export function openHttpClient(
  { address, tls, credentials, clock }: ClientPorts,
  limits: ClientLimits,
  signal: AbortSignal,
): HttpClient {
  const transport = createTransport(address, tls, limits);
  const always = { accept: 'application/json', 'accept-encoding': 'identity', ...credentials };

  /** @returns undefined where the connection broke and the request may be sent again */
  async function attempt(request: HttpRequest, mayBreak: boolean): Promise<TransportAnswer | undefined> {
    try {
      return await transport.send(request, signal);
    } catch (error) {
      if (error instanceof BrokenConnection && mayBreak) return undefined;
      throw error;
    }
  }

  return {
    async send(request) {
      const whole = { ...request, headers: { ...request.headers, ...always } };
      let repetitions = 0;
      let throttled = 0;
      for (;;) {
        signal.throwIfAborted();
        const answer = await attempt(whole, repetitions < limits.retries);
        if (answer?.status === 429) {
          const wait = retryAfter(answer.headers['retry-after'], clock);
          throttled += wait;
          if (throttled > limits.throttleMs) {
            throw new HttpFailure(
              'lets no further requests through (429)',
              'sync less often, or raise the limit for this account',
            );
          }
          await pause(wait, undefined, { signal });
        } else if (answer === undefined || (answer.status >= 500 && repetitions < limits.retries)) {
          await pause(limits.retryPauseMs * 2 ** repetitions, undefined, { signal });
          repetitions += 1;
        } else return { value: readAnswer(request.place, answer), headers: answer.headers };
      }
    },
    close: () => transport.close(),
  };
}

function readAnswer(place: string | undefined, { status, body }: TransportAnswer): unknown {
  const at = place === undefined ? '' : ` at ${place}`;
  if (status !== 200) throw refusal(status, at);
  if (!isUtf8(body)) throw new HttpFailure(`answered${at} with text that is not UTF-8`, 'check the server');
  const reading = readJsonDocument(body.toString('utf8').replace(/^\ufeff/, ''));
  if (reading.kind === 'valid') return reading.value;
  const { pointer, message, remedy } = reading.problem;
  throw new HttpFailure(
    `gave an answer${at} that ${message}${pointer === '' ? '' : ` (at ${fieldOf(pointer)})`}`,
    remedy,
  );
}

/** `/results/3/name`, without what a hostile key could do to a message. */
function fieldOf(pointer: string): string {
  return pointer.replace(/[^\w/.~-]/g, '?').slice(0, 128);
}

function refusal(status: number, at: string): RefusedRequest {
  if (status === 401 || status === 403) {
    return new RefusedRequest(
      status,
      `refused the credentials${at} (${status})`,
      'check that they are right, not expired, valid from this address, and may read these records',
    );
  }
  if (status >= 300 && status < 400) {
    return new RefusedRequest(
      status,
      `answered${at} with a redirect (${status}), which is never followed`,
      'give the final address in url',
    );
  }
  if (status === 404) {
    return new RefusedRequest(
      status,
      `has nothing ${at === '' ? 'there' : at.trim()} (404)`,
      'check url and path',
    );
  }
  if (status >= 500) return new RefusedRequest(status, `failed${at} (${status})`, 'look into its log');
  return new RefusedRequest(
    status,
    `refused the query${at} (${status})`,
    'check what the configuration makes it ask for',
  );
}

/** Milliseconds (RFC 9110, section 10.2.3); a second where the server does not say. */
function retryAfter(header: string | undefined, clock: Clock): number {
  if (header !== undefined && /^\d{1,9}$/.test(header)) return Math.max(Number(header) * 1000, 10);
  const date = new Date(header ?? '');
  return Number.isNaN(date.getTime()) ? 1000 : Math.max(date.getTime() - clock.now().getTime(), 10);
}
