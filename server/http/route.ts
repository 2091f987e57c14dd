import type { Validator } from '../../schemas/validation/validator.ts';
import { readJsonBody } from './json-body.ts';
import type { Access, Principal } from './principal.ts';
import { requestInvalid } from './problem.ts';
import { type QueryParameters, type QueryValues, readQuery } from './query-parameter.ts';

/** A definition of `schemas/v1`: `api.instanceList`, `agent-report`. */
export type SchemaName = `api.${string}` | 'agent-report' | 'guest-configuration';

/** What a route can answer on success. */
export interface Success {
  readonly status: 200 | 201 | 202 | 204 | 304;
  readonly description: string;
  /** Absent: no body. */
  readonly content?:
    | {
        readonly mediaType: 'application/json';
        readonly schema: SchemaName | Readonly<Record<string, unknown>>;
      }
    | {
        readonly mediaType: 'application/x-iso9660-image' | 'application/octet-stream' | 'text/plain';
        /** Media types that a query may ask for instead. */
        readonly or?: readonly string[];
      };
  /** Headers of this answer and what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route's body. */
export interface RouteBody<T> {
  readonly schema: SchemaName;
  readonly validator: Validator<T>;
  /** Bytes. */
  readonly limit: number;
  /** An absent body counts as `{}`. */
  readonly optional: boolean;
}

/** What every route says of itself: the table that dispatching, authorisation and the API's description share. */
export interface RouteDescription {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path template (OpenAPI), such as `/v1/instances/{id}/drive`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'instances' | 'sync' | 'hypervisors' | 'audit' | 'tokens' | 'operations';
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Asked all the time by every hypervisor: a success is logged at level debug. */
  readonly routine?: true;
  /** Headers of the request that mean something here, beyond those of every request. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /** Bodies that the handler reads itself, for the API's description: media types, and the most bytes of any of them. */
  readonly accepts?: {
    readonly contents: Readonly<Record<string, SchemaName | undefined>>;
    /** Bytes. */
    readonly limit: number;
  };
  readonly successes: readonly Success[];
  /** Statuses of failures beyond those that every route has, with their meaning here. */
  readonly failures?: Readonly<Record<number, string>>;
}

/** A request as it comes in. */
export interface Exchange {
  readonly request: Request;
  readonly principal: Principal;
  /** Values of the path template. */
  readonly path: Readonly<Record<string, string>>;
}

/** A request whose query and body have been checked. */
export interface CheckedExchange<Q extends QueryParameters, B> extends Exchange {
  readonly query: QueryValues<Q>;
  readonly body: B;
}

/** A route with what it reads and how it answers. */
export interface Route extends RouteDescription {
  readonly query: QueryParameters;
  readonly body: RouteBody<unknown> | undefined;
  readonly handle: (exchange: Exchange) => Promise<Response>;
}

/** Bytes that a body may have unless its route says otherwise. */
export const bodyLimit = 1024 * 1024;

/** Puts a route together: its handler is called with a query and body that have been checked. */
export function defineRoute<const Q extends QueryParameters = Readonly<Record<string, never>>, B = undefined>(
  route: RouteDescription & {
    readonly query?: Q;
    readonly body?: RouteBody<B>;
    readonly handle: (exchange: CheckedExchange<Q, B>) => Promise<Response>;
  },
): Route {
  const { query: parameters = {} as Q, body: bodyRule, handle, ...description } = route;
  return {
    ...description,
    query: parameters,
    body: bodyRule,
    handle: async (exchange) => {
      const query = readQuery(parameters, new URL(exchange.request.url).searchParams);
      const body = bodyRule === undefined ? (undefined as B) : await checkedBody(exchange.request, bodyRule);
      return handle({ ...exchange, query, body });
    },
  };
}

async function checkedBody<B>(request: Request, rule: RouteBody<B>): Promise<B> {
  const value = await readJsonBody(request, rule.limit);
  if (value === undefined && !rule.optional) {
    throw requestInvalid('body', [{ pointer: '', message: 'is missing', remedy: 'send JSON' }]);
  }
  const validated = rule.validator(value ?? {});
  if (validated.kind === 'invalid') throw requestInvalid('body', validated.problems);
  return validated.value;
}

/** An answer with a JSON body. */
export function jsonResponse(
  value: unknown,
  init: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(JSON.stringify(value), {
    status: init.status ?? 200,
    headers: { 'Content-Type': 'application/json', ...init.headers },
  });
}
