import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** One request with all its bounds. */
export interface BoundedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Bytes of the answer's body. */
  readonly mostBytes: number;
  /** Until the connection, with TLS, is there. */
  readonly connectMs: number;
  /** Until the last byte of the body. */
  readonly totalMs: number;
  /** Breaks the exchange off. */
  readonly signal?: AbortSignal;
}

/** A whole answer. Redirects are answers like any other: they are never followed. */
export interface BoundedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** No whole answer; the message continues a sentence that starts with the server's name. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
}

/** What sends requests: `node:http` or `node:https`, with its agent. */
export interface Transport {
  readonly request: (options: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  }) => ClientRequest;
  /** The event of a socket that is ready. */
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly agent: Agent;
}

/** Sends one request and reads the whole answer. @throws RequestFailure */
export async function sendBounded(transport: Transport, request: BoundedRequest): Promise<BoundedResponse> {
  const abort = new AbortController();
  const give = (reason: string): void => abort.abort(new RequestFailure(reason));
  const total = setTimeout(
    () => give(`did not answer completely within ${seconds(request.totalMs)}`),
    request.totalMs,
  );
  const connect = setTimeout(
    () => give(`did not accept a connection within ${seconds(request.connectMs)}`),
    request.connectMs,
  );
  try {
    const response = await answer(transport, request, abort.signal, () => clearTimeout(connect));
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await readBody(response, request.mostBytes),
    };
  } catch (error) {
    if (error instanceof RequestFailure) throw error;
    if (abort.signal.reason instanceof RequestFailure) throw abort.signal.reason;
    if (request.signal?.aborted === true) throw new RequestFailure('was not waited for');
    throw new RequestFailure(connectionFailure(error), { cause: error });
  } finally {
    clearTimeout(total);
    clearTimeout(connect);
  }
}

function answer(
  transport: Transport,
  { method, path, headers, body, signal }: BoundedRequest,
  bounds: AbortSignal,
  connected: () => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signals = signal === undefined ? bounds : AbortSignal.any([bounds, signal]);
    const outgoing = transport.request({ method, path, headers, signal: signals });
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.on('socket', (socket) => {
      if (socket.connecting) socket.once(transport.readyEvent, connected);
      else connected();
    });
    outgoing.end(body);
  });
}

async function readBody(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new RequestFailure(`answered with more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new RequestFailure('broke off its answer');
  return Buffer.concat(chunks, size);
}

function connectionFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused the connection';
    case 'ECONNRESET':
      return 'broke off the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `has no address (${code})`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'shows the certificate of another name';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_HAS_EXPIRED':
      return `shows a certificate that is not trusted (${code}): compare it with the caFile`;
    default:
      return `could not be asked (${code})`;
  }
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}
