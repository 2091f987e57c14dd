import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** One host's kept connection to the server. */
export interface HostConnection {
  /** Fails unless the server answers with one of these statuses. */
  ask(
    method: 'GET' | 'HEAD',
    path: string,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly accept?: readonly number[] },
  ): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }>;
  close(): void;
}

/** Opens nothing until it is asked. */
export function connectHost(url: string, secret: string): HostConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname: host, port } = new URL(url);
  return {
    close: () => agent.destroy(),
    ask: (method, path, { headers = {}, accept = [200] } = {}) =>
      new Promise((resolve, reject) => {
        const authorization = `Bearer ${secret}`;
        const asking = request({ agent, host, port, method, path, headers: { authorization, ...headers } });
        asking.on('error', reject);
        asking.on('response', (answer) => {
          const { statusCode: status = 0 } = answer;
          text(answer).then((body) => {
            if (accept.includes(status)) resolve({ status, headers: answer.headers, body });
            else reject(new Error(`${method} ${path} answered ${status}: ${body}`));
          }, reject);
        });
        asking.end();
      }),
  };
}
