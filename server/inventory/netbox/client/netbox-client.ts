import { isUtf8 } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';
import { readJsonDocument } from '../../../../schemas/validation/json-document.ts';
import type { Clock } from '../../../domain/clock.ts';
import { createLimiter } from '../../../drive/limiter.ts';
import { BrokenConnection } from './connection-failure.ts';
import type { NetboxAddress } from './netbox-address.ts';
import { NetboxFailure, QueryRefused } from './netbox-failure.ts';
import { createTransport, type RequestBounds, type TransportAnswer } from './transport.ts';

/** Names and values of a query, in order. */
export type Query = readonly (readonly [name: string, value: string])[];

/** What the client does when NetBox has trouble. */
export interface ClientLimits extends RequestBounds {
  /** Requests under way at once. */
  readonly concurrency: number;
  /** How often a request is sent again after a 5xx or a broken connection. */
  readonly retries: number;
  /** Pause before the first repetition; it doubles each time. */
  readonly retryPauseMs: number;
  /** How long one request may wait in all because of 429 answers. */
  readonly throttleMs: number;
}

/** A conversation with NetBox. Every failure is a {@link NetboxFailure}. */
export interface NetboxClient {
  /** JSON value of a 200 answer. @param path below `/api/`, such as `ipam/prefixes/` */
  get(path: string, query: Query): Promise<unknown>;
  /** The server's own time at its first answer; undefined if it never said. */
  firstAnswerTime(): Date | undefined;
  close(): void;
}

/** What a client needs. */
export interface ClientPorts {
  readonly address: NetboxAddress;
  readonly authorization: string;
  readonly ca: string | undefined;
  readonly clock: Clock;
}

/** Opens a conversation that ends with the signal. */
export function openNetboxClient(
  { address, authorization, ca, clock }: ClientPorts,
  limits: ClientLimits,
  signal: AbortSignal,
): NetboxClient {
  const transport = createTransport(address, limits, ca);
  const limited = createLimiter(limits.concurrency);
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', authorization };
  let firstAnswer: Date | undefined;

  async function send(path: string, target: URL): Promise<unknown> {
    let repetitions = 0;
    let throttled = 0;
    for (;;) {
      signal.throwIfAborted();
      const answer = await attempt(target, repetitions < limits.retries);
      if (answer?.status === 429) {
        const wait = retryAfter(answer.headers['retry-after'], clock);
        throttled += wait;
        if (throttled > limits.throttleMs) {
          throw new NetboxFailure(
            'lets no further requests through (429)',
            'sync less often, or raise the limit for this token',
          );
        }
        await pause(wait, undefined, { signal });
      } else if (answer === undefined || (answer.status >= 500 && repetitions < limits.retries)) {
        await pause(limits.retryPauseMs * 2 ** repetitions, undefined, { signal });
        repetitions += 1;
      } else return readAnswer(path, answer);
    }
  }

  /** @returns undefined where the connection broke and the request may be sent again */
  async function attempt(target: URL, mayBreak: boolean): Promise<TransportAnswer | undefined> {
    try {
      const answer = await transport.get(target, headers, signal);
      firstAnswer ??= dateOf(answer.headers.date);
      return answer;
    } catch (error) {
      if (error instanceof BrokenConnection && mayBreak) return undefined;
      throw error;
    }
  }

  return {
    get(path, query) {
      const target = new URL(path, address.api);
      for (const [name, value] of query) target.searchParams.append(name, value);
      return limited(() => send(path, target));
    },
    firstAnswerTime: () => firstAnswer,
    close: () => transport.close(),
  };
}

function readAnswer(path: string, { status, body }: TransportAnswer): unknown {
  if (status !== 200) throw refusal(path, status);
  if (!isUtf8(body))
    throw new NetboxFailure(`answered ${path} with text that is not UTF-8`, 'check the server');
  const reading = readJsonDocument(body.toString('utf8'));
  if (reading.kind === 'valid') return reading.value;
  const { pointer, message, remedy } = reading.problem;
  throw new NetboxFailure(
    `gave an answer to ${path} that ${message}${pointer === '' ? '' : ` (${fieldOf(pointer)})`}`,
    remedy,
  );
}

/** `/results/3/custom_fields/x`, without what a hostile key could do to a message. */
function fieldOf(pointer: string): string {
  return pointer.replace(/[^\w/.~-]/g, '?').slice(0, 128);
}

function refusal(path: string, status: number): NetboxFailure {
  if (status === 401 || status === 403) {
    return new NetboxFailure(
      `refused the token for ${path} (${status})`,
      'check that the token in tokenFile is enabled, not expired, allowed from this address, and may view these objects',
    );
  }
  if (status >= 300 && status < 400) {
    return new NetboxFailure(
      `answered ${path} with a redirect (${status}), which is never followed`,
      'give the final address in url',
    );
  }
  if (status === 404)
    return new NetboxFailure(`has no ${path} (404)`, 'check that url is the root of NetBox');
  if (status >= 500) return new NetboxFailure(`failed on ${path} (${status})`, 'look into its log');
  return new QueryRefused(`refused the query of ${path} (${status})`, 'check filter and mapping');
}

/** Milliseconds (RFC 9110, section 10.2.3); a second where the server does not say. */
function retryAfter(header: string | undefined, clock: Clock): number {
  if (header !== undefined && /^\d{1,9}$/.test(header)) return Math.max(Number(header) * 1000, 10);
  const date = dateOf(header);
  return date === undefined ? 1000 : Math.max(date.getTime() - clock.now().getTime(), 10);
}

function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
