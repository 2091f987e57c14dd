import { request as httpRequest } from 'node:http';

/** An answer of the server. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The body as JSON; undefined if it is none. */
  readonly json: unknown;
}

/** What is sent. */
export interface Sending {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it stands, instead of `body`. */
  readonly raw?: string | Buffer;
}

/** Where it is sent. */
export type Target = { readonly socketPath: string } | { readonly host: string; readonly port: string };

/** One request on a connection of its own, with no more than what is said here. */
export function exchange(target: Target, method: string, path: string, sending: Sending): Promise<Reply> {
  const { token, headers = {}, body, raw } = sending;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const described =
    payload === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { ...target, method, path, agent: false, headers: { ...described, ...authorization, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const received = new Headers();
          for (const [name, value] of Object.entries(response.headers)) received.set(name, String(value));
          const isJson = received.get('content-type')?.includes('json') === true && bytes.length > 0;
          resolve({
            status: response.statusCode ?? 0,
            headers: received,
            bytes,
            json: isJson ? (JSON.parse(bytes.toString()) as unknown) : undefined,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}
