import type { Clock } from '../../../domain/clock.ts';
import { createLimiter } from '../../../drive/limiter.ts';
import { type ClientLimits, openHttpClient } from '../../http-client/http-client.ts';
import type { NetboxAddress } from './netbox-address.ts';
import type { Query } from './query.ts';

/** Bounds of a conversation. */
export interface NetboxClientLimits extends ClientLimits {
  /** Requests under way at once. */
  readonly concurrency: number;
}

/** A conversation with NetBox. Every failure is an `HttpFailure`. */
export interface NetboxClient {
  /** JSON value of a 200 answer. @param path below `/api/`, such as `ipam/prefixes/` */
  get(path: string, query: Query): Promise<unknown>;
  /** The server's own time at its first answer; undefined if it never said. */
  firstAnswerTime(): Date | undefined;
  close(): void;
}

/** What a client needs. */
export interface NetboxClientPorts {
  readonly address: NetboxAddress;
  readonly authorization: string;
  /** CA certificates in PEM; the system's where undefined. */
  readonly ca: string | undefined;
  readonly clock: Clock;
}

/** Opens a conversation that ends with the signal. */
export function openNetboxClient(
  { address, authorization, ca, clock }: NetboxClientPorts,
  limits: NetboxClientLimits,
  signal: AbortSignal,
): NetboxClient {
  const client = openHttpClient(
    { address, tls: { ca, client: undefined }, credentials: { authorization }, clock },
    limits,
    signal,
  );
  const limited = createLimiter(limits.concurrency);
  let firstAnswer: Date | undefined;

  return {
    get(path, query) {
      const url = new URL(path, address.api);
      for (const [name, value] of query) url.searchParams.append(name, value);
      return limited(async () => {
        const answer = await client.send({ method: 'GET', url, headers: {}, body: undefined, place: path });
        firstAnswer ??= dateOf(answer.headers.date);
        return answer.value;
      });
    },
    firstAnswerTime: () => firstAnswer,
    close: () => client.close(),
  };
}

function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
