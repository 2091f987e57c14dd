import { setTimeout as delay } from 'node:timers/promises';
import { connectHost, type HostConnection } from './ask.ts';
import type { SiteHost } from './site.ts';

/** The peer: hosts that ask for each of their drives every few seconds, with If-None-Match. */
export interface PlainHosts {
  /** Asks for so long. @returns requests that were answered 304 */
  run(seconds: number): Promise<number>;
  close(): void;
}

/** Fetches the ETag of every drive first, for which the server builds them. */
export async function startPlainHosts(
  url: string,
  hosts: readonly SiteHost[],
  { everySeconds }: { readonly everySeconds: number },
): Promise<PlainHosts> {
  const plain = hosts.map((host) => ({ host, connection: connectHost(url, host.secret) }));
  const tags = new Map<string, string>();
  await Promise.all(
    plain.map(async ({ host, connection }) => {
      for (const id of host.instances) {
        const { headers } = await connection.ask('HEAD', `/v1/instances/${id}/drive`);
        tags.set(id, headers.etag ?? '');
      }
    }),
  );

  async function askAll(host: SiteHost, connection: HostConnection): Promise<number> {
    for (const id of host.instances) {
      const headers = { 'If-None-Match': tags.get(id) ?? '' };
      await connection.ask('GET', `/v1/instances/${id}/drive`, { headers, accept: [304] });
    }
    return host.instances.length;
  }

  return {
    close: () => {
      for (const { connection } of plain) connection.close();
    },
    run: async (seconds) => {
      const end = performance.now() + seconds * 1000;
      const counts = plain.map(async ({ host, connection }, index) => {
        let count = 0;
        // Spread over the interval, as hosts that were started at some time are.
        let next = performance.now() + (index / plain.length) * everySeconds * 1000;
        while (next < end) {
          await delay(Math.max(0, next - performance.now()));
          count += await askAll(host, connection);
          next += everySeconds * 1000;
        }
        return count;
      });
      const asked = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      await delay(Math.max(0, end - performance.now()));
      return asked;
    },
  };
}
